//! The fields of a scaling configuration: the name by which each is written, its type, and where a Create or an answer calls it something else.
//! Data only. A name with dots is nested on the wire; the answer knows no nesting and glues the parts together, unless it is said otherwise here.

use self::What::{Bool, Float, Int, Items, Long, Secret, Text, Texts};

#[derive(Debug)]
pub(crate) struct Field {
    /// In a Modify.
    pub(crate) name: &'static str,
    /// In a Create, if it differs.
    pub(super) create: Option<&'static str>,
    /// In an answer, if it is not the name without its dots.
    pub(super) read: Option<&'static str>,
    pub(crate) what: What,
}

#[derive(Debug)]
pub(crate) enum What {
    Text,
    /// A text that the answer may mask.
    Secret,
    Bool,
    /// 32 bits.
    Int,
    /// 64 bits, and how many of them come back.
    Long(Read),
    /// Single precision.
    Float,
    Texts,
    Items(&'static [Field]),
}

/// How a number of 64 bits is read back.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Read {
    Whole,
    As32Bits,
    AsText,
}

impl Field {
    pub(super) fn written(&self, dialect: Dialect) -> &'static str {
        match dialect {
            Dialect::Modify => self.name,
            Dialect::Create => self.create.unwrap_or(self.name),
        }
    }

    pub(super) fn read(&self) -> String {
        self.read.map_or_else(|| self.name.replace('.', ""), str::to_owned)
    }

    const fn read_as(self, name: &'static str) -> Self {
        Self { read: Some(name), ..self }
    }

    const fn created_as(self, name: &'static str) -> Self {
        Self { create: Some(name), ..self }
    }
}

/// Whose names a request uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Modify,
    Create,
}

pub(crate) const NAME: &str = "ScalingConfigurationName";
pub(super) const CONTAINERS: &str = "Containers";

pub(crate) const CONFIGURATION: &[Field] = &[
    field("AcrRegistryInfos", Items(ACR_REGISTRY)),
    field("ActiveDeadlineSeconds", Long(Read::As32Bits)),
    field("AutoCreateEip", Bool),
    field("AutoMatchImageCache", Bool),
    field("ContainerGroupName", Text),
    field(CONTAINERS, Items(CONTAINER)),
    field("CostOptimization", Bool),
    field("Cpu", Float),
    field("CpuOptionsCore", Int),
    field("CpuOptionsThreadsPerCore", Int),
    field("DataCacheBucket", Text),
    field("DataCacheBurstingEnabled", Bool),
    field("DataCachePL", Text),
    field("DataCacheProvisionedIops", Int),
    field("Description", Text),
    field("DnsConfigNameServers", Texts),
    field("DnsConfigOptions", Items(NAMED_VALUE)),
    field("DnsConfigSearchs", Texts).read_as("DnsConfigSearches"),
    field("DnsPolicy", Text),
    field("EgressBandwidth", Long(Read::Whole)),
    field("EipBandwidth", Int),
    field("EnableSls", Bool).read_as("SlsEnable"),
    field("EphemeralStorage", Int),
    field("GpuDriverVersion", Text),
    field("HostAliases", Items(HOST_ALIAS)),
    field("HostName", Text),
    field("ImageRegistryCredentials", Items(CREDENTIAL)),
    field("ImageSnapshotId", Text),
    field("IngressBandwidth", Long(Read::Whole)),
    field("InitContainers", Items(INIT_CONTAINER)),
    field("InstanceFamilyLevel", Text),
    field("InstanceTypes", Texts),
    field("Ipv6AddressCount", Int),
    field("LoadBalancerWeight", Int),
    field("Memory", Float),
    field("NtpServers", Texts),
    field("RamRoleName", Text),
    field("ResourceGroupId", Text),
    field("RestartPolicy", Text),
    field(NAME, Text),
    field("SecurityContextSysCtls", Items(NAMED_VALUE)).created_as("SecurityContextSysctls"),
    field("SecurityGroupId", Text),
    field("SpotPriceLimit", Float),
    field("SpotStrategy", Text),
    field("Tags", Items(TAG)),
    field("TerminationGracePeriodSeconds", Long(Read::As32Bits)),
    field("Volumes", Items(VOLUME)),
];

const ACR_REGISTRY: &[Field] = &[field("Domains", Texts), field("InstanceId", Text), field("InstanceName", Text), field("RegionId", Text)];

const NAMED_VALUE: &[Field] = &[field("Name", Text), field("Value", Text)];

const HOST_ALIAS: &[Field] = &[field("Hostnames", Texts), field("Ip", Text)];

const CREDENTIAL: &[Field] = &[field("Password", Secret), field("Server", Text), field("UserName", Text)];

const TAG: &[Field] = &[field("Key", Text), field("Value", Text)];

const CONTAINER: &[Field] = &[
    field("Args", Texts),
    field("Commands", Texts),
    field("Cpu", Float),
    field("EnvironmentVars", Items(VARIABLE)),
    field("Gpu", Int),
    field("Image", Text),
    field("ImagePullPolicy", Text),
    field("LifecyclePostStartHandlerExecs", Texts),
    field("LifecyclePostStartHandlerHttpGetHost", Text),
    field("LifecyclePostStartHandlerHttpGetPath", Text),
    field("LifecyclePostStartHandlerHttpGetPort", Int),
    field("LifecyclePostStartHandlerHttpGetScheme", Text),
    field("LifecyclePostStartHandlerTcpSocketHost", Text),
    field("LifecyclePostStartHandlerTcpSocketPort", Int),
    field("LifecyclePreStopHandlerExecs", Texts),
    field("LifecyclePreStopHandlerHttpGetHost", Text),
    field("LifecyclePreStopHandlerHttpGetPath", Text),
    field("LifecyclePreStopHandlerHttpGetPort", Int),
    field("LifecyclePreStopHandlerHttpGetScheme", Text),
    field("LifecyclePreStopHandlerTcpSocketHost", Text),
    field("LifecyclePreStopHandlerTcpSocketPort", Int),
    field("LivenessProbe.Exec.Commands", Texts),
    field("LivenessProbe.FailureThreshold", Int),
    field("LivenessProbe.HttpGet.Path", Text),
    field("LivenessProbe.HttpGet.Port", Int),
    field("LivenessProbe.HttpGet.Scheme", Text),
    field("LivenessProbe.InitialDelaySeconds", Int),
    field("LivenessProbe.PeriodSeconds", Int),
    field("LivenessProbe.SuccessThreshold", Int),
    field("LivenessProbe.TcpSocket.Port", Int),
    field("LivenessProbe.TimeoutSeconds", Int),
    field("Memory", Float),
    field("Name", Text),
    field("Ports", Items(PORT)),
    field("ReadinessProbe.Exec.Commands", Texts),
    field("ReadinessProbe.FailureThreshold", Int),
    field("ReadinessProbe.HttpGet.Path", Text),
    field("ReadinessProbe.HttpGet.Port", Int),
    field("ReadinessProbe.HttpGet.Scheme", Text),
    field("ReadinessProbe.InitialDelaySeconds", Int),
    field("ReadinessProbe.PeriodSeconds", Int),
    field("ReadinessProbe.SuccessThreshold", Int),
    field("ReadinessProbe.TcpSocket.Port", Int),
    field("ReadinessProbe.TimeoutSeconds", Int),
    field("SecurityContext.Capability.Adds", Texts).created_as("SecurityContext.Capability.Add"),
    field("SecurityContext.ReadOnlyRootFilesystem", Bool),
    field("SecurityContext.RunAsUser", Long(Read::Whole)),
    field("Stdin", Bool),
    field("StdinOnce", Bool),
    field("Tty", Bool),
    field("VolumeMounts", Items(MOUNT)),
    field("WorkingDir", Text),
];

const INIT_CONTAINER: &[Field] = &[
    field("Args", Texts).read_as("InitContainerArgs"),
    field("Commands", Texts).read_as("InitContainerCommands"),
    field("Cpu", Float),
    field("Gpu", Int),
    field("Image", Text),
    field("ImagePullPolicy", Text),
    field("InitContainerEnvironmentVars", Items(VARIABLE)),
    field("InitContainerPorts", Items(PORT)),
    field("InitContainerVolumeMounts", Items(MOUNT)),
    field("Memory", Float),
    field("Name", Text),
    field("SecurityContext.Capability.Adds", Texts),
    field("SecurityContext.ReadOnlyRootFilesystem", Bool),
    field("SecurityContext.RunAsUser", Long(Read::AsText)),
    field("WorkingDir", Text),
];

const VARIABLE: &[Field] = &[field("FieldRef.FieldPath", Text).created_as("FieldRefFieldPath"), field("Key", Text), field("Value", Text)];

const PORT: &[Field] = &[field("Port", Int), field("Protocol", Text)];

const MOUNT: &[Field] =
    &[field("MountPath", Text), field("MountPropagation", Text), field("Name", Text), field("ReadOnly", Bool), field("SubPath", Text)];

const VOLUME: &[Field] = &[
    field("ConfigFileVolumeConfigFileToPath", Items(CONFIG_FILE))
        .read_as("ConfigFileVolumeConfigFileToPaths")
        .created_as("ConfigFileVolumeConfigFileToPaths"),
    field("ConfigFileVolumeDefaultMode", Int),
    field("DiskVolume.DiskId", Text),
    field("DiskVolume.DiskSize", Int),
    field("DiskVolume.FsType", Text),
    field("EmptyDirVolume.Medium", Text),
    field("EmptyDirVolume.SizeLimit", Text),
    field("FlexVolume.Driver", Text),
    field("FlexVolume.FsType", Text),
    field("FlexVolume.Options", Text),
    field("HostPathVolume.Path", Text),
    field("HostPathVolume.Type", Text),
    field("NFSVolume.Path", Text),
    field("NFSVolume.ReadOnly", Bool),
    field("NFSVolume.Server", Text),
    field("Name", Text),
    field("Type", Text),
];

const CONFIG_FILE: &[Field] = &[field("Content", Text), field("Mode", Int), field("Path", Text)];

const fn field(name: &'static str, what: What) -> Field {
    Field { name, create: None, read: None, what }
}
