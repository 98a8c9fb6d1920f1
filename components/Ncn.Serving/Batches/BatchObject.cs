using System.Text.Json;
using Ncn.Actors;
using Ncn.Coordination.Batches;
using Ncn.Protocol;

namespace Ncn.Serving.Batches;

/// <summary>A batch as clients see it (OpenAI API reference, "The batch object"). What NCN adds is in <c>ncn</c>.</summary>
internal static class BatchObject
{
    private const string Prefix = "batch_";

    public static string IdOf(RequestId request) => Prefix + request.ToString()[2..];

    /// <summary>Null for what cannot be a batch's id.</summary>
    public static RequestId? Read(string id) =>
        id.StartsWith(Prefix, StringComparison.Ordinal) && Hex.TryParse<RequestId>("0x" + id[Prefix.Length..], out var request) ? request : null;

    public static object Of(BatchResult result, object? webhook = null)
    {
        var (state, spec) = (result.State, result.Spec!);
        return new
        {
            id = spec.Id,
            @object = "batch",
            endpoint = spec.Endpoint,
            errors = (object?)null,
            input_file_id = spec.InputFile,
            completion_window = spec.Window,
            status = StatusOf(state.Phase),
            output_file_id = result.OutputFile,
            error_file_id = result.ErrorFile,
            created_at = Seconds(state.CreatedAt),
            in_progress_at = Seconds(state.CreatedAt),
            expires_at = Seconds(state.ExpiresAt),
            finalizing_at = Seconds(state.FinalizingAt),
            completed_at = state.Phase == BatchPhase.Completed ? Seconds(state.EndedAt) : null,
            failed_at = (long?)null,
            expired_at = state.Phase == BatchPhase.Expired ? Seconds(state.EndedAt) : null,
            cancelling_at = Seconds(state.CancellingAt),
            cancelled_at = state.Phase == BatchPhase.Cancelled ? Seconds(state.EndedAt) : null,
            request_counts = new { total = state.Lines, completed = state.Succeeded, failed = state.Failed },
            metadata = spec.MetadataJson is { } metadata ? JsonSerializer.Deserialize<JsonElement>(metadata) : (JsonElement?)null,
            ncn = new { cost = state.Charged, ceiling = spec.Ceiling, webhook },
        };
    }

    public static string StatusOf(BatchPhase phase) => phase switch
    {
        BatchPhase.InProgress => "in_progress",
        BatchPhase.Finalizing or BatchPhase.Expiring => "finalizing",
        BatchPhase.Cancelling => "cancelling",
        BatchPhase.Cancelled => "cancelled",
        BatchPhase.Expired => "expired",
        _ => "completed",
    };

    private static long? Seconds(ulong milliseconds) => milliseconds == 0 ? null : (long)(milliseconds / 1000);
}
