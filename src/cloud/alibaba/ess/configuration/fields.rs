//! Every field of a scaling configuration: what spec calls it, what the vendor calls it in each of three operations, and what it holds.
//! The vendor nests in requests and glues names together in answers; three spellings simply differ.

use super::{Entries, Field, Order, Shape};

const fn field(name: &'static str, modify: &'static str, shape: Shape) -> Field {
    Field { name, modify, create: modify, describe: modify, shape, usual: None, hidden: false, unavailable: false }
}

impl Field {
    const fn read_as(self, describe: &'static str) -> Self {
        Self { describe, ..self }
    }

    const fn created_as(self, create: &'static str) -> Self {
        Self { create, ..self }
    }

    const fn usually(self, usual: &'static str) -> Self {
        Self { usual: Some(usual), ..self }
    }

    const fn hidden(self) -> Self {
        Self { hidden: true, ..self }
    }

    const fn unavailable(self) -> Self {
        Self { unavailable: true, ..self }
    }
}

/// All that a configuration holds.
pub const CONFIGURATION: &[Field] = &[
    field("acrRegistryInfos", "AcrRegistryInfos", Shape::Entries(&ACR_REGISTRY_INFOS)),
    field("activeDeadlineSeconds", "ActiveDeadlineSeconds", Shape::Whole),
    field("autoCreateEip", "AutoCreateEip", Shape::Flag),
    field("autoMatchImageCache", "AutoMatchImageCache", Shape::Flag),
    field("containerGroupName", "ContainerGroupName", Shape::Text),
    field("containers", "Containers", Shape::Entries(&CONTAINERS)),
    field("costOptimization", "CostOptimization", Shape::Flag),
    field("cpu", "Cpu", Shape::Number),
    field("cpuOptionsCore", "CpuOptionsCore", Shape::Whole),
    field("cpuOptionsThreadsPerCore", "CpuOptionsThreadsPerCore", Shape::Whole),
    field("dataCacheBucket", "DataCacheBucket", Shape::Text),
    field("dataCacheBurstingEnabled", "DataCacheBurstingEnabled", Shape::Flag),
    field("dataCachePL", "DataCachePL", Shape::Text),
    field("dataCacheProvisionedIops", "DataCacheProvisionedIops", Shape::Whole),
    field("description", "Description", Shape::Text).unavailable(),
    field("dnsConfigNameServers", "DnsConfigNameServers", Shape::Texts),
    field("dnsConfigOptions", "DnsConfigOptions", Shape::Entries(&DNS_CONFIG_OPTIONS)),
    field("dnsConfigSearchs", "DnsConfigSearchs", Shape::Texts).read_as("DnsConfigSearches"),
    field("dnsPolicy", "DnsPolicy", Shape::Text),
    field("egressBandwidth", "EgressBandwidth", Shape::Whole),
    field("eipBandwidth", "EipBandwidth", Shape::Whole).usually("5"),
    field("enableSls", "EnableSls", Shape::Flag).read_as("SlsEnable").unavailable(),
    field("ephemeralStorage", "EphemeralStorage", Shape::Whole),
    field("gpuDriverVersion", "GpuDriverVersion", Shape::Text),
    field("hostAliases", "HostAliases", Shape::Entries(&HOST_ALIASES)),
    field("hostName", "HostName", Shape::Text),
    field("imageRegistryCredentials", "ImageRegistryCredentials", Shape::Entries(&IMAGE_REGISTRY_CREDENTIALS)),
    field("imageSnapshotId", "ImageSnapshotId", Shape::Text),
    field("ingressBandwidth", "IngressBandwidth", Shape::Whole),
    field("initContainers", "InitContainers", Shape::Entries(&INIT_CONTAINERS)),
    field("instanceFamilyLevel", "InstanceFamilyLevel", Shape::Text),
    field("instanceTypes", "InstanceTypes", Shape::Texts),
    field("ipv6AddressCount", "Ipv6AddressCount", Shape::Whole),
    field("loadBalancerWeight", "LoadBalancerWeight", Shape::Whole).usually("50"),
    field("memory", "Memory", Shape::Number),
    field("ntpServers", "NtpServers", Shape::Texts),
    field("ramRoleName", "RamRoleName", Shape::Text),
    field("resourceGroupId", "ResourceGroupId", Shape::Text),
    field("restartPolicy", "RestartPolicy", Shape::Text).usually("Always"),
    field("scalingConfigurationName", "ScalingConfigurationName", Shape::Text),
    field("securityContextSysCtls", "SecurityContextSysCtls", Shape::Entries(&SECURITY_CONTEXT_SYS_CTLS))
        .created_as("SecurityContextSysctls"),
    field("securityGroupId", "SecurityGroupId", Shape::Text),
    field("spotPriceLimit", "SpotPriceLimit", Shape::Price),
    field("spotStrategy", "SpotStrategy", Shape::Text).usually("NoSpot"),
    field("tags", "Tags", Shape::Entries(&TAGS)),
    field("terminationGracePeriodSeconds", "TerminationGracePeriodSeconds", Shape::Whole),
    field("volumes", "Volumes", Shape::Entries(&VOLUMES)),
];

static ACR_REGISTRY_INFOS: Entries = Entries {
    key: &["instanceId"],
    order: Order::Free,
    fields: &[
        field("domains", "Domains", Shape::Texts),
        field("instanceId", "InstanceId", Shape::Text),
        field("instanceName", "InstanceName", Shape::Text),
        field("regionId", "RegionId", Shape::Text),
    ],
};

static CONTAINERS: Entries = Entries {
    key: &["name"],
    order: Order::Free,
    fields: &[
        field("args", "Args", Shape::Texts),
        field("commands", "Commands", Shape::Texts),
        field("cpu", "Cpu", Shape::Number),
        field("environmentVars", "EnvironmentVars", Shape::Entries(&ENVIRONMENT_VARS)),
        field("gpu", "Gpu", Shape::Whole),
        field("image", "Image", Shape::Text),
        field("imagePullPolicy", "ImagePullPolicy", Shape::Text),
        field("lifecyclePostStartHandlerExecs", "LifecyclePostStartHandlerExecs", Shape::Texts),
        field("lifecyclePostStartHandlerHttpGetHost", "LifecyclePostStartHandlerHttpGetHost", Shape::Text),
        field("lifecyclePostStartHandlerHttpGetPath", "LifecyclePostStartHandlerHttpGetPath", Shape::Text),
        field("lifecyclePostStartHandlerHttpGetPort", "LifecyclePostStartHandlerHttpGetPort", Shape::Whole),
        field("lifecyclePostStartHandlerHttpGetScheme", "LifecyclePostStartHandlerHttpGetScheme", Shape::Text),
        field("lifecyclePostStartHandlerTcpSocketHost", "LifecyclePostStartHandlerTcpSocketHost", Shape::Text),
        field("lifecyclePostStartHandlerTcpSocketPort", "LifecyclePostStartHandlerTcpSocketPort", Shape::Whole),
        field("lifecyclePreStopHandlerExecs", "LifecyclePreStopHandlerExecs", Shape::Texts),
        field("lifecyclePreStopHandlerHttpGetHost", "LifecyclePreStopHandlerHttpGetHost", Shape::Text),
        field("lifecyclePreStopHandlerHttpGetPath", "LifecyclePreStopHandlerHttpGetPath", Shape::Text),
        field("lifecyclePreStopHandlerHttpGetPort", "LifecyclePreStopHandlerHttpGetPort", Shape::Whole),
        field("lifecyclePreStopHandlerHttpGetScheme", "LifecyclePreStopHandlerHttpGetScheme", Shape::Text),
        field("lifecyclePreStopHandlerTcpSocketHost", "LifecyclePreStopHandlerTcpSocketHost", Shape::Text),
        field("lifecyclePreStopHandlerTcpSocketPort", "LifecyclePreStopHandlerTcpSocketPort", Shape::Whole),
        field("livenessProbe.exec.commands", "LivenessProbe.Exec.Commands", Shape::Texts).read_as("LivenessProbeExecCommands"),
        field("livenessProbe.failureThreshold", "LivenessProbe.FailureThreshold", Shape::Whole)
            .read_as("LivenessProbeFailureThreshold")
            .usually("3"),
        field("livenessProbe.httpGet.path", "LivenessProbe.HttpGet.Path", Shape::Text).read_as("LivenessProbeHttpGetPath"),
        field("livenessProbe.httpGet.port", "LivenessProbe.HttpGet.Port", Shape::Whole).read_as("LivenessProbeHttpGetPort"),
        field("livenessProbe.httpGet.scheme", "LivenessProbe.HttpGet.Scheme", Shape::Text).read_as("LivenessProbeHttpGetScheme"),
        field("livenessProbe.initialDelaySeconds", "LivenessProbe.InitialDelaySeconds", Shape::Whole)
            .read_as("LivenessProbeInitialDelaySeconds"),
        field("livenessProbe.periodSeconds", "LivenessProbe.PeriodSeconds", Shape::Whole)
            .read_as("LivenessProbePeriodSeconds")
            .usually("10"),
        field("livenessProbe.successThreshold", "LivenessProbe.SuccessThreshold", Shape::Whole)
            .read_as("LivenessProbeSuccessThreshold")
            .usually("1"),
        field("livenessProbe.tcpSocket.port", "LivenessProbe.TcpSocket.Port", Shape::Whole).read_as("LivenessProbeTcpSocketPort"),
        field("livenessProbe.timeoutSeconds", "LivenessProbe.TimeoutSeconds", Shape::Whole)
            .read_as("LivenessProbeTimeoutSeconds")
            .usually("1"),
        field("memory", "Memory", Shape::Number),
        field("name", "Name", Shape::Text),
        field("ports", "Ports", Shape::Entries(&PORTS)),
        field("readinessProbe.exec.commands", "ReadinessProbe.Exec.Commands", Shape::Texts).read_as("ReadinessProbeExecCommands"),
        field("readinessProbe.failureThreshold", "ReadinessProbe.FailureThreshold", Shape::Whole)
            .read_as("ReadinessProbeFailureThreshold")
            .usually("3"),
        field("readinessProbe.httpGet.path", "ReadinessProbe.HttpGet.Path", Shape::Text).read_as("ReadinessProbeHttpGetPath"),
        field("readinessProbe.httpGet.port", "ReadinessProbe.HttpGet.Port", Shape::Whole).read_as("ReadinessProbeHttpGetPort"),
        field("readinessProbe.httpGet.scheme", "ReadinessProbe.HttpGet.Scheme", Shape::Text).read_as("ReadinessProbeHttpGetScheme"),
        field("readinessProbe.initialDelaySeconds", "ReadinessProbe.InitialDelaySeconds", Shape::Whole)
            .read_as("ReadinessProbeInitialDelaySeconds"),
        field("readinessProbe.periodSeconds", "ReadinessProbe.PeriodSeconds", Shape::Whole)
            .read_as("ReadinessProbePeriodSeconds")
            .usually("10"),
        field("readinessProbe.successThreshold", "ReadinessProbe.SuccessThreshold", Shape::Whole)
            .read_as("ReadinessProbeSuccessThreshold")
            .usually("1"),
        field("readinessProbe.tcpSocket.port", "ReadinessProbe.TcpSocket.Port", Shape::Whole).read_as("ReadinessProbeTcpSocketPort"),
        field("readinessProbe.timeoutSeconds", "ReadinessProbe.TimeoutSeconds", Shape::Whole)
            .read_as("ReadinessProbeTimeoutSeconds")
            .usually("1"),
        field("securityContext.capability.adds", "SecurityContext.Capability.Adds", Shape::Texts)
            .read_as("SecurityContextCapabilityAdds")
            .created_as("SecurityContext.Capability.Add"),
        field("securityContext.readOnlyRootFilesystem", "SecurityContext.ReadOnlyRootFilesystem", Shape::Flag)
            .read_as("SecurityContextReadOnlyRootFilesystem"),
        field("securityContext.runAsUser", "SecurityContext.RunAsUser", Shape::Whole).read_as("SecurityContextRunAsUser"),
        field("stdin", "Stdin", Shape::Flag),
        field("stdinOnce", "StdinOnce", Shape::Flag),
        field("tty", "Tty", Shape::Flag),
        field("volumeMounts", "VolumeMounts", Shape::Entries(&VOLUME_MOUNTS)),
        field("workingDir", "WorkingDir", Shape::Text),
    ],
};

static ENVIRONMENT_VARS: Entries = Entries {
    key: &["key"],
    order: Order::Free,
    fields: &[
        field("fieldRef.fieldPath", "FieldRef.FieldPath", Shape::Text)
            .read_as("FieldRefFieldPath")
            .created_as("FieldRefFieldPath")
            .unavailable(),
        field("key", "Key", Shape::Text),
        field("value", "Value", Shape::Text),
    ],
};

static PORTS: Entries = Entries {
    key: &["port", "protocol"],
    order: Order::Free,
    fields: &[field("port", "Port", Shape::Whole), field("protocol", "Protocol", Shape::Text).usually("TCP")],
};

static VOLUME_MOUNTS: Entries = Entries {
    key: &["mountPath"],
    order: Order::Free,
    fields: &[
        field("mountPath", "MountPath", Shape::Text),
        field("mountPropagation", "MountPropagation", Shape::Text).usually("None"),
        field("name", "Name", Shape::Text),
        field("readOnly", "ReadOnly", Shape::Flag),
        field("subPath", "SubPath", Shape::Text),
    ],
};

static DNS_CONFIG_OPTIONS: Entries =
    Entries { key: &["name"], order: Order::Free, fields: &[field("name", "Name", Shape::Text), field("value", "Value", Shape::Text)] };

static HOST_ALIASES: Entries =
    Entries { key: &["ip"], order: Order::Free, fields: &[field("hostnames", "Hostnames", Shape::Texts), field("ip", "Ip", Shape::Text)] };

static IMAGE_REGISTRY_CREDENTIALS: Entries = Entries {
    key: &["server"],
    order: Order::Free,
    fields: &[
        field("password", "Password", Shape::Secret),
        field("server", "Server", Shape::Text),
        field("userName", "UserName", Shape::Text),
    ],
};

static INIT_CONTAINERS: Entries = Entries {
    key: &["name"],
    order: Order::Matters,
    fields: &[
        field("args", "Args", Shape::Texts).read_as("InitContainerArgs"),
        field("commands", "Commands", Shape::Texts).read_as("InitContainerCommands"),
        field("cpu", "Cpu", Shape::Number),
        field("gpu", "Gpu", Shape::Whole),
        field("image", "Image", Shape::Text),
        field("imagePullPolicy", "ImagePullPolicy", Shape::Text),
        field("initContainerEnvironmentVars", "InitContainerEnvironmentVars", Shape::Entries(&INIT_CONTAINER_ENVIRONMENT_VARS)),
        field("initContainerPorts", "InitContainerPorts", Shape::Entries(&INIT_CONTAINER_PORTS)),
        field("initContainerVolumeMounts", "InitContainerVolumeMounts", Shape::Entries(&INIT_CONTAINER_VOLUME_MOUNTS)),
        field("memory", "Memory", Shape::Number),
        field("name", "Name", Shape::Text),
        field("securityContext.capability.adds", "SecurityContext.Capability.Adds", Shape::Texts).read_as("SecurityContextCapabilityAdds"),
        field("securityContext.readOnlyRootFilesystem", "SecurityContext.ReadOnlyRootFilesystem", Shape::Flag)
            .read_as("SecurityContextReadOnlyRootFilesystem")
            .unavailable(),
        field("securityContext.runAsUser", "SecurityContext.RunAsUser", Shape::Whole).read_as("SecurityContextRunAsUser"),
        field("workingDir", "WorkingDir", Shape::Text),
    ],
};

static INIT_CONTAINER_ENVIRONMENT_VARS: Entries = Entries {
    key: &["key"],
    order: Order::Free,
    fields: &[
        field("fieldRef.fieldPath", "FieldRef.FieldPath", Shape::Text)
            .read_as("FieldRefFieldPath")
            .created_as("FieldRefFieldPath")
            .unavailable(),
        field("key", "Key", Shape::Text),
        field("value", "Value", Shape::Text),
    ],
};

static INIT_CONTAINER_PORTS: Entries = Entries {
    key: &["port", "protocol"],
    order: Order::Free,
    fields: &[field("port", "Port", Shape::Whole), field("protocol", "Protocol", Shape::Text).usually("TCP")],
};

static INIT_CONTAINER_VOLUME_MOUNTS: Entries = Entries {
    key: &["mountPath"],
    order: Order::Free,
    fields: &[
        field("mountPath", "MountPath", Shape::Text),
        field("mountPropagation", "MountPropagation", Shape::Text).usually("None"),
        field("name", "Name", Shape::Text),
        field("readOnly", "ReadOnly", Shape::Flag),
        field("subPath", "SubPath", Shape::Text),
    ],
};

static SECURITY_CONTEXT_SYS_CTLS: Entries =
    Entries { key: &["name"], order: Order::Free, fields: &[field("name", "Name", Shape::Text), field("value", "Value", Shape::Text)] };

static TAGS: Entries =
    Entries { key: &["key"], order: Order::Free, fields: &[field("key", "Key", Shape::Text), field("value", "Value", Shape::Text)] };

static VOLUMES: Entries = Entries {
    key: &["name"],
    order: Order::Free,
    fields: &[
        field(
            "configFileVolumeConfigFileToPath",
            "ConfigFileVolumeConfigFileToPath",
            Shape::Entries(&CONFIG_FILE_VOLUME_CONFIG_FILE_TO_PATH),
        )
        .read_as("ConfigFileVolumeConfigFileToPaths")
        .created_as("ConfigFileVolumeConfigFileToPaths"),
        field("configFileVolumeDefaultMode", "ConfigFileVolumeDefaultMode", Shape::Whole),
        field("diskVolume.diskId", "DiskVolume.DiskId", Shape::Text).read_as("DiskVolumeDiskId"),
        field("diskVolume.diskSize", "DiskVolume.DiskSize", Shape::Whole).read_as("DiskVolumeDiskSize"),
        field("diskVolume.fsType", "DiskVolume.FsType", Shape::Text).read_as("DiskVolumeFsType"),
        field("emptyDirVolume.medium", "EmptyDirVolume.Medium", Shape::Text).read_as("EmptyDirVolumeMedium"),
        field("emptyDirVolume.sizeLimit", "EmptyDirVolume.SizeLimit", Shape::Text).read_as("EmptyDirVolumeSizeLimit"),
        field("flexVolume.driver", "FlexVolume.Driver", Shape::Text).read_as("FlexVolumeDriver"),
        field("flexVolume.fsType", "FlexVolume.FsType", Shape::Text).read_as("FlexVolumeFsType"),
        field("flexVolume.options", "FlexVolume.Options", Shape::Json).read_as("FlexVolumeOptions").hidden(),
        field("hostPathVolume.path", "HostPathVolume.Path", Shape::Text).read_as("HostPathVolumePath"),
        field("hostPathVolume.type", "HostPathVolume.Type", Shape::Text).read_as("HostPathVolumeType"),
        field("name", "Name", Shape::Text),
        field("nfsVolume.path", "NFSVolume.Path", Shape::Text).read_as("NFSVolumePath"),
        field("nfsVolume.readOnly", "NFSVolume.ReadOnly", Shape::Flag).read_as("NFSVolumeReadOnly"),
        field("nfsVolume.server", "NFSVolume.Server", Shape::Text).read_as("NFSVolumeServer"),
        field("type", "Type", Shape::Text),
    ],
};

static CONFIG_FILE_VOLUME_CONFIG_FILE_TO_PATH: Entries = Entries {
    key: &["path"],
    order: Order::Free,
    fields: &[field("content", "Content", Shape::Text).hidden(), field("mode", "Mode", Shape::Whole), field("path", "Path", Shape::Text)],
};
