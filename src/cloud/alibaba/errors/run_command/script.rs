//! What is run: the script, its parameters, and as whom, where and in what it runs.

use super::row;
use crate::cloud::catalogue::Row;
use crate::cloud::error::Class;
use crate::reason::Reason;

pub(super) const ROWS: &[Row] = &[
    row(
        "InvalidCmdType.NotFound",
        404,
        Class::Invalid,
        "there is no such kind of script",
        "set spec.command.type to RunShellScript for Linux, or to RunPowerShellScript or RunBatScript for Windows",
    ),
    row(
        "CmdContent.DecodeError",
        400,
        Class::Invalid,
        "the script is marked as Base64, and is not",
        "set spec.command.contentEncoding to PlainText, or encode spec.command.content anew",
    ),
    row(
        "CmdContent.ExceedLimit",
        403,
        Class::Invalid,
        "the script is too long",
        "shorten spec.command.content: in Base64 and with its parameters it may have 24 KB, or 18 KB with keepCommand: true",
    ),
    row("CmdName.ExceedLimit", 403, Class::Invalid, "the command's name is too long", "shorten spec.command.name to 128 characters"),
    row(
        "InvalidParameterCharacter.CommandName",
        403,
        Class::Invalid,
        "the command's name has a character that the cloud does not take",
        "write spec.command.name without control characters and line breaks",
    ),
    row("CmdDesc.ExceedLimit", 403, Class::Invalid, "the description is too long", "shorten spec.command.description to 512 characters"),
    row(
        "InvalidParameterCharacter.CommandDescription",
        403,
        Class::Invalid,
        "the description has a character that the cloud does not take",
        "keep to letters, digits and ordinary punctuation in spec.command.description",
    ),
    row(
        "InvalidParameter.WorkingDir",
        400,
        Class::Invalid,
        "the cloud does not accept the directory to start in",
        "make spec.command.workingDir an absolute path of at most 200 characters, or leave it out to start in the user's home",
    ),
    row(
        "InvalidParameterCharacter.CommandWorkingDir",
        403,
        Class::Invalid,
        "the directory to start in has a character that the cloud does not take",
        "write spec.command.workingDir as a plain path such as /opt/app",
    ),
    row(
        "Username.ExceedLimit",
        403,
        Class::Invalid,
        "the user's name is too long",
        "name in spec.command.username a user whose name has at most 255 characters",
    ),
    row(
        "WindowsPasswordName.Missed",
        400,
        Class::Invalid,
        "to run as a Windows user, the name under which its password is kept is needed",
        "set spec.command.windowsPasswordName beside username, or leave username out to run as System",
    ),
    row(
        "WindowsPasswordName.ExceedLimit",
        403,
        Class::Invalid,
        "the name under which the password is kept is too long",
        "rename the secret in the OOS Parameter Store: spec.command.windowsPasswordName takes 255 characters",
    ),
    row(
        "ParameterStore.NotSupported",
        403,
        Class::Invalid,
        "the region has no Parameter Store to read the password from",
        "run without spec.command.windowsPasswordName here, or choose another spec.region",
    ),
    row(
        "ParameterStore.InvalidParameters",
        403,
        Class::Precondition,
        "the Parameter Store has nothing usable under the password's name",
        "create the entry that spec.command.windowsPasswordName names as an encrypted parameter in the OOS console, in the same region",
    ),
    // Shown as a dependency: AccessDenied is remembered for all commands of the credential, and only those with a password meet this one.
    row(
        "ParameterStore.NoPermission",
        403,
        Class::Denied,
        "the identity may not read the password in the Parameter Store",
        "allow oos:GetSecretParameter on the password's entry in a RAM policy of the identity",
    )
    .shown_as(Reason::DependencyNotReady),
    // Not Unauthenticated, whatever it sounds like: a bad key of ours is refused by the gateway, before the service sees the call. This one
    // stands among the codes of the Parameter Store, and must not close the credential for everybody.
    row(
        "TemporaryAccessKey.Error",
        403,
        Class::Denied,
        "the temporary key that Cloud Assistant works with was not accepted",
        "if the CloudCredential holds a temporary key, renew it; else store the password of spec.command.windowsPasswordName anew in OOS",
    )
    .shown_as(Reason::DependencyNotReady),
    row(
        "InvalidLauncher.LengthLimitExceeded",
        403,
        Class::Invalid,
        "the launcher's command line is too long",
        "shorten spec.command.launcher to 1 KB, for instance by a wrapper script on the machine",
    ),
    row(
        "InvalidTerminationMode.NotFound",
        404,
        Class::Invalid,
        "there is no such way to end a command",
        "set spec.command.terminationMode to Process or ProcessTree",
    ),
    row(
        "InvalidContainerId.Malformed",
        400,
        Class::Invalid,
        "this is no container's id",
        "give spec.command.containerId all 64 hexadecimal digits, if need be behind docker://, containerd:// or cri-o://",
    ),
    row(
        "InvalidContainerName.Malformed",
        400,
        Class::Invalid,
        "this is no container's name",
        "write spec.command.containerName as the container runtime on the machine lists it",
    ),
    row(
        "CmdParam.EmptyKey",
        400,
        Class::Invalid,
        "a placeholder in the script has no name",
        "put a name between the braces of every {{ }} in spec.command.content",
    ),
    row(
        "CmdParam.InvalidParamName",
        400,
        Class::Invalid,
        "a placeholder in the script has a name that is not allowed",
        "use letters, digits, _ and - for the {{names}} in spec.command.content, and ACS:: only for those that the vendor built in",
    ),
    row(
        "CmdParamName.ExceedLimit",
        403,
        Class::Invalid,
        "a placeholder in the script has too long a name",
        "shorten the {{names}} in spec.command.content to 64 bytes each",
    ),
    row(
        "CmdParamCount.ExceedLimit",
        403,
        Class::Invalid,
        "the script has too many placeholders",
        "use no more than 20 different {{names}} in spec.command.content",
    ),
    row(
        "Parameter.Disabled",
        400,
        Class::Invalid,
        "parameters were given for a script that takes none",
        "set spec.command.enableParameter to true, or remove spec.parameters",
    ),
    row(
        "Parameter.NotMatched",
        400,
        Class::Invalid,
        "the parameters are others than the script asks for",
        "let every spec.parameters[].name stand as {{name}} in spec.command.content",
    ),
    row(
        "ParameterCount.ExceedLimit",
        403,
        Class::Invalid,
        "there are more parameters than one run takes",
        "keep spec.parameters to 10 entries, or put several values into one",
    ),
    row(
        "ParameterKey.Duplicate",
        400,
        Class::Invalid,
        "two parameters have the same name; large and small letters make no difference",
        "rename one of the two in spec.parameters and in the script",
    ),
    row(
        "ParameterKey.ExceedLimit",
        403,
        Class::Invalid,
        "a parameter has too long a name",
        "shorten spec.parameters[].name to 64 characters",
    ),
    row(
        "ParameterType.NotSupported",
        403,
        Class::Invalid,
        "a parameter is not a text",
        "write spec.parameters[].value in quotes, numbers and booleans too",
    ),
    row(
        "InvalidParameterCharset.Parameters",
        403,
        Class::Invalid,
        "a parameter has characters that cannot be passed on",
        "keep spec.parameters[].value to UTF-8 text without control characters; pass anything else in Base64",
    ),
];
