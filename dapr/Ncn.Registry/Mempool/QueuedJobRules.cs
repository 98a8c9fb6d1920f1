using System.Text.RegularExpressions;
using Ncn.Actors;
using Ncn.Protocol;

namespace Ncn.Registry.Mempool;

/// <summary>What a job must be before it is kept.</summary>
internal static partial class QueuedJobRules
{
    private const int MaxModelChars = 256;
    private const int MaxUrlChars = 512;
    private const uint MaxShards = 64;

    /// <summary>What is wrong with the job, or null.</summary>
    internal static string? Problem(QueuedJob? job, SubnetId subnet)
    {
        if (job is null || job.RequestId.Value.IsZero)
        {
            return "The job has no request id.";
        }

        if (job.Subnet != subnet)
        {
            return $"The job is for subnet {job.Subnet}, not {subnet}.";
        }

        if (job.SubnetName is null || !SubnetName().IsMatch(job.SubnetName))
        {
            return "The subnet's name is not 1 to 32 of a-z, 0-9 and '-'.";
        }

        if (job.Model is not { Length: > 0 and <= MaxModelChars })
        {
            return $"The model's name is not 1 to {MaxModelChars} characters.";
        }

        if (job.Shard >= MaxShards)
        {
            return $"The job's pool is not 0 to {MaxShards - 1}.";
        }

        var isUrl = job.GatewayUrl is { Length: <= MaxUrlChars } && Uri.TryCreate(job.GatewayUrl, UriKind.Absolute, out var url)
            && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps);
        return isUrl ? null : "The gateway's address is not an http or https address.";
    }

    [GeneratedRegex("^[a-z][a-z0-9-]{0,31}$", RegexOptions.CultureInvariant)]
    private static partial Regex SubnetName();
}
