namespace Grpc.Core;

/// <summary>
/// A copy of an official class with three faults that the surface test must report: a member that the official class lacks,
/// one with another parameter name, and one that is not static.
/// </summary>
public static class VersionInfo
{
    public const string CurrentVersion = "2.83.0";

    public static string Planted() => CurrentVersion;
}

/// <summary>See <see cref="VersionInfo"/>.</summary>
public class VerifyPeerContext
{
    public static string PeerPem => "";

    public string TargetName { get; } = "";
}

/// <summary>See <see cref="VersionInfo"/>.</summary>
public sealed class KeyCertificatePair(string certificates, string privateKey)
{
    public string CertificateChain => certificates;

    public string PrivateKey => privateKey;
}
