using System.Security.Cryptography;
using Ncn.Protocol;

namespace Ncn.Cli.Network;

/// <summary>The network's private keys: made at random on first use, one file each, readable by the owner only.</summary>
internal static class KeyFiles
{
    public const string Client = "client";

    public const string Gateway = "gateway";

    private const string VotingPrefix = "consensus-";

    private const string PursePrefix = "purse-";

    /// <summary>Sends a gateway's x402 settlements: it holds coin for gas and no authority.</summary>
    public static string Relay(string subnetName) => $"relay-{subnetName}";

    /// <summary>The same for the app that serves gRPC and WebSocket: a key belongs to one process.</summary>
    public static string StreamRelay(string subnetName) => $"relay-stream-{subnetName}";

    public static string Node(int index) => $"node-{index}";

    /// <summary>A validator's operator: stakes, and gets rewards.</summary>
    public static string Validator(int index) => $"validator-{index}";

    /// <summary>The key that it votes with, in no other hands than its process'.</summary>
    public static string Consensus(int index) => VotingPrefix + Validator(index);

    /// <summary>Sends what validators tell the chain: it holds coin for gas and no authority.</summary>
    public static string ValidatorRelay(int index) => Relay(Validator(index));

    /// <summary>Keys with which a validator pays for requests of its own, as clients do (dapr.yaml names them).</summary>
    public static IEnumerable<string> Purses(int index) => [$"{PursePrefix}{Validator(index)}-a", $"{PursePrefix}{Validator(index)}-b"];

    /// <summary>Whether a key is one of those.</summary>
    public static bool IsPurse(string role) => role.StartsWith(PursePrefix, StringComparison.Ordinal);

    /// <summary>The worker that re-runs answers for the local validators.</summary>
    public const string Verifier = "verifier";

    /// <summary>Whether a key votes (<see cref="VotingKey"/>).</summary>
    public static bool IsVoting(string role) => role.StartsWith(VotingPrefix, StringComparison.Ordinal);

    /// <summary>Whether a validator signs its calls of the verifier with it.</summary>
    public static bool CallsVerifier(string role) => IsVoting(role) || role.StartsWith(Relay("validator-"), StringComparison.Ordinal);

    /// <summary>Whether a key never sends a transaction.</summary>
    public static bool IsSilent(string role) => role == Verifier || IsVoting(role);

    /// <summary>Reads a key, or makes it.</summary>
    public static Signer Ensure(StateFolder state, string role)
    {
        var path = state.KeyFile(role);
        if (!File.Exists(path))
        {
            Write(path);
        }

        return Read(path);
    }

    /// <summary>Makes a new key in a file.</summary>
    public static void Write(string path) => PrivateFile.Write(path, "0x" + Convert.ToHexStringLower(NewKey()) + "\n");

    /// <exception cref="CliException">The file is missing or holds no key.</exception>
    public static Signer Read(string path)
    {
        if (!File.Exists(path))
        {
            throw new CliException($"The key file {path} is missing.");
        }

        var text = File.ReadAllText(path).Trim();
        try
        {
            return new Signer(Convert.FromHexString(text.StartsWith("0x", StringComparison.Ordinal) ? text[2..] : text));
        }
        catch (Exception exception) when (exception is FormatException or ArgumentException)
        {
            throw new CliException($"The key file {path} does not hold 0x and 64 hex digits of a valid key.");
        }
    }

    /// <summary>The key as a connection to a chain takes it.</summary>
    /// <exception cref="CliException">The file is missing, holds no key, or can be read by others.</exception>
    public static string ReadPrivate(string path)
    {
        using var valid = Read(path);
        const UnixFileMode others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
        if ((File.GetUnixFileMode(path) & others) != 0)
        {
            throw new CliException($"The key file {path} can be read by others; run: chmod 600 {path}. Nothing was sent.");
        }

        var text = File.ReadAllText(path).Trim();
        return text.StartsWith("0x", StringComparison.Ordinal) ? text : "0x" + text;
    }

    private static byte[] NewKey()
    {
        while (true)
        {
            var key = RandomNumberGenerator.GetBytes(32);
            try
            {
                using var valid = new Signer(key);
                return key;
            }
            catch (ArgumentException)
            {
                // One number in 2^127 is no key; draw again.
            }
        }
    }
}
