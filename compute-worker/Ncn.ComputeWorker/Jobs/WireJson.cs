using System.Text.Json;
using Ncn.Payments.X402;
using Ncn.Protocol;

namespace Ncn.ComputeWorker.Jobs;

/// <summary>Reads the signed JSON of a job; what it returns has no missing parts.</summary>
internal static class WireJson
{
    // A signed job or payment has about a thousand characters; inputs travel outside of it.
    private const int MaxCharacters = 64 * 1024;

    /// <exception cref="JobRefusedException">The text is no signed job.</exception>
    public static Signed<InferenceJob> ReadJob(string json)
    {
        Signed<InferenceJob> job = Read<Signed<InferenceJob>>(json, "job_json");
        return job.Message is null ? throw Missing("job_json") : job;
    }

    /// <summary>Null for an empty text.</summary>
    /// <exception cref="JobRefusedException">The text is no payment.</exception>
    public static NodePayment? ReadPayment(string json)
    {
        if (json.Length == 0)
        {
            return null;
        }

        NodePayment payment = Read<NodePayment>(json, "payment_json");
        return payment.ChannelConfig is null || payment.Voucher is null ? throw Missing("payment_json") : payment;
    }

    /// <exception cref="JobRefusedException">The text is no signed call for fingerprints.</exception>
    public static Signed<FingerprintCall> ReadCall(string json)
    {
        Signed<FingerprintCall> call = Read<Signed<FingerprintCall>>(json, "caller_json");
        return call.Message is null ? throw Missing("caller_json") : call;
    }

    /// <exception cref="JobRefusedException">The text is no signed call for evidence.</exception>
    public static Signed<EvidenceCall> ReadEvidenceCall(string json)
    {
        Signed<EvidenceCall> call = Read<Signed<EvidenceCall>>(json, "caller_json");
        return call.Message is null ? throw Missing("caller_json") : call;
    }

    private static T Read<T>(string json, string member)
        where T : class
    {
        if (json.Length > MaxCharacters)
        {
            throw new JobRefusedException(JobRefusalReason.Invalid, $"{member} has {json.Length} characters; at most {MaxCharacters} are read.");
        }

        try
        {
            return JsonSerializer.Deserialize<T>(json, ProtocolJson.Strict) ?? throw Missing(member);
        }
        catch (JsonException exception)
        {
            throw new JobRefusedException(JobRefusalReason.Invalid, $"{member} cannot be read: {exception.Message}", exception);
        }
    }

    private static JobRefusedException Missing(string member) => new(JobRefusalReason.Invalid, $"{member} lacks a part of its message.");
}
