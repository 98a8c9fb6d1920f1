using System.Text.Json;
using Microsoft.Extensions.Options;
using Ncn.ComputeWorker.Jobs;
using Ncn.ComputeWorker.Keys;
using Ncn.ComputeWorker.Network;
using Ncn.Protocol;

namespace Ncn.ComputeWorker.Evidence;

/// <summary>One receipt with what it is of, and whose validators may see it.</summary>
/// <param name="Subnet">Of the gateway that the work was for.</param>
/// <param name="Evidence">As a gateway shows it; the index is 0.</param>
internal sealed record KeptReceipt(uint Subnet, ReceiptEvidence Evidence);

/// <summary>Keeps what this node answered with, so that it can show it when a gateway does not (design of checks: Ncn.Verification).</summary>
internal sealed class EvidenceKeeper(KnownGateways gateways, EvidenceFiles? files, ILogger<EvidenceKeeper> log)
{
    private string? _trouble;

    /// <summary>False when nothing is kept.</summary>
    public bool IsOn => files is not null;

    /// <summary>From the settings.</summary>
    public static EvidenceKeeper Of(IServiceProvider provider)
    {
        WorkerOptions options = provider.GetRequiredService<IOptions<WorkerOptions>>().Value;
        var limits = new EvidenceLimits((long)options.EvidenceMegabytes << 20, TimeSpan.FromHours(options.EvidenceHours));
        var files = options.EvidenceHours == 0 || options.ReRunsOnly
            ? null : new EvidenceFiles(Path.Combine(KeySetup.StateFolder(provider), "evidence"), limits, provider.GetRequiredService<TimeProvider>());
        return new EvidenceKeeper(provider.GetRequiredService<KnownGateways>(), files, provider.GetRequiredService<ILogger<EvidenceKeeper>>());
    }

    /// <summary>Keeps it. A disk that does not take it costs no job.</summary>
    public void Keep(Signed<InferenceJob> job, ReadOnlyMemory<byte> input, EndedJob ended)
    {
        Address gateway = job.Message.Gateway;
        if (files is null || gateways.Links.FirstOrDefault(link => link.Subnet?.Gateway == gateway)?.Subnet is not { Subnet: var subnet })
        {
            return;
        }

        var evidence = new ReceiptEvidence(0, job, ended.Receipt, ended.IsSealed, ended.IsSealed ? [] : input.ToArray(), ended.Output, ended.Fingerprints) { WasStopped = ended.WasStopped };
        try
        {
            files.Keep(ReceiptLeaf.Of(evidence.Receipt.Message).Digest, JsonSerializer.SerializeToUtf8Bytes(new KeptReceipt(subnet, evidence), ProtocolJson.Options));
            _trouble = null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            if (_trouble != failure.Message)
            {
                _trouble = failure.Message;
                log.LogError("What this node answers with is not kept, and a gateway that does not show it makes the node answer for it: {Reason}", failure.Message);
            }
        }
    }

    /// <summary>What was kept of a receipt; null for nothing.</summary>
    public KeptReceipt? Find(Hash32 receipt)
    {
        try
        {
            return files?.Find(receipt) is { } bytes ? JsonSerializer.Deserialize<KeptReceipt>(bytes, ProtocolJson.Options) : null;
        }
        catch (JsonException torn)
        {
            log.LogWarning("What was kept of receipt {Receipt} is torn: {Reason}", receipt, torn.Message);
            return null;
        }
    }
}
