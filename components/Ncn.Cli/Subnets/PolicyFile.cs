using System.Globalization;
using Ncn.Coordination.Subnets.Policies;

namespace Ncn.Cli.Subnets;

/// <summary>A file with a subnet's policy document. White space and the order of its members are free: its hash is that of its one canonical form.</summary>
internal static class PolicyFile
{
    /// <exception cref="CliException">There is no such file, or it is no policy.</exception>
    public static PolicyDocument Read(string path)
    {
        if (!File.Exists(path))
        {
            throw new CliException($"--policy is '{path}'; it is a file, 0x and 64 hex digits, or none.");
        }

        if (new FileInfo(path).Length > PolicyReader.MaxBytes)
        {
            throw new CliException(string.Create(CultureInfo.InvariantCulture, $"The policy document {path} is larger than {PolicyReader.MaxBytes} bytes."));
        }

        return PolicyReader.TryRead(File.ReadAllBytes(path), out var policy, out var problem)
            ? policy
            : throw new CliException($"{path} is no policy: {problem}. components/Ncn.Coordination/README.md lists the members.");
    }
}
