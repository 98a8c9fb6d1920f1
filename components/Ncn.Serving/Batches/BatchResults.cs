using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Ncn.Actors;
using Ncn.Coordination.Batches;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;
using Ncn.Serving.Files;
using Ncn.Serving.OpenAi;

namespace Ncn.Serving.Batches;

/// <summary>Keeps the results of a batch's lines, and writes its files at the end (OpenAI API reference, "The request output object").</summary>
public sealed class BatchResults(BatchDesk desk, FileStore files, IOptions<FilesOptions> options, TimeProvider time)
{
    // Azure takes blocks of at most 4 MiB.
    private const int MaxBlockCharacters = 1024 * 1024;

    internal async Task StageAsync(BatchWork work, IReadOnlyList<LineAnswer> answers, CancellationToken cancellationToken)
    {
        var rows = new List<string>();
        var characters = 0;
        foreach (var each in answers)
        {
            var row = new StagedRow(each.Line, each.Answer.StatusCode == 200, each.Answer.Charged, RowOf(work.Lines[each.Line].CustomId, each));
            rows.Add(JsonSerializer.Serialize(row, ProtocolJson.Options));
            characters += rows[^1].Length;
            if (characters > MaxBlockCharacters)
            {
                await desk.StageAsync(work.Batch, rows, cancellationToken);
                (rows, characters) = ([], 0);
            }
        }

        await (rows.Count == 0 ? Task.CompletedTask : desk.StageAsync(work.Batch, rows, cancellationToken));
    }

    /// <summary>Writes both files; null for one without lines. A repeat writes the same files again.</summary>
    internal async Task<(string? Output, string? Errors)> WriteAsync(BatchSpec spec, BatchWork work, BatchState state, CancellationToken cancellationToken)
    {
        await using var output = TemporaryFile();
        await using var errors = TemporaryFile();
        var written = new HashSet<int>();
        await foreach (var row in desk.ReadStagedAsync(work.Batch, cancellationToken))
        {
            if (written.Add(row.Line))
            {
                await (row.IsSuccess ? output : errors).WriteAsync(Encoding.UTF8.GetBytes(row.Row.GetRawText() + "\n"), cancellationToken);
            }
        }

        foreach (var line in Enumerable.Range(0, state.Phase == BatchPhase.Expiring ? work.Lines.Count : 0).Where(line => !written.Contains(line)))
        {
            await errors.WriteAsync(Encoding.UTF8.GetBytes(NotRun(work, line) + "\n"), cancellationToken);
        }

        return (await KeepAsync(spec, state, "output", output, cancellationToken), await KeepAsync(spec, state, "errors", errors, cancellationToken));
    }

    private async Task<string?> KeepAsync(BatchSpec spec, BatchState state, string kind, FileStream content, CancellationToken cancellationToken)
    {
        if (content.Length == 0)
        {
            return null;
        }

        content.Position = 0;
        var unique = Keccak256.Of(Encoding.UTF8.GetBytes($"{spec.Id}/{kind}")).ToString()[2..32];
        var id = $"file-{StoredFile.Inverted(DateTimeOffset.FromUnixTimeMilliseconds((long)state.CreatedAt))}{unique}";
        var now = time.GetUtcNow();
        var file = new StoredFile(
            id, content.Length, now.ToUnixTimeSeconds(), (now + TimeSpan.FromHours(options.Value.KeptHours)).ToUnixTimeSeconds(),
            $"{spec.Id}_{kind}.jsonl", StoredFile.OutputPurpose);
        await files.WriteAsync(spec.Account, file, content, cancellationToken);
        return id;
    }

    private static JsonElement RowOf(string customId, LineAnswer each) => JsonSerializer.SerializeToElement(
        new
        {
            id = "batch_req_" + each.Request.ToString()[2..],
            custom_id = customId,
            response = new { status_code = each.Answer.StatusCode, request_id = each.Request.ToString(), body = JsonSerializer.Deserialize<JsonElement>(each.Answer.Body) },
            error = (object?)null,
        },
        OpenAiJson.Options);

    private static string NotRun(BatchWork work, int line) => JsonSerializer.Serialize(
        new
        {
            id = string.Create(CultureInfo.InvariantCulture, $"batch_req_{work.Batch.ToString()[2..]}_{line}"),
            custom_id = work.Lines[line].CustomId,
            response = (object?)null,
            error = new { code = "batch_expired", message = "This request was not run before the batch's completion window ended; it costs nothing." },
        },
        OpenAiJson.Options);

    private static FileStream TemporaryFile() => new(
        Path.Combine(Path.GetTempPath(), Path.GetRandomFileName()), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 64 * 1024,
        FileOptions.DeleteOnClose | FileOptions.Asynchronous);
}
