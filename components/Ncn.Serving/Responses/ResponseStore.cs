using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using Ncn.Protocol;
using Ncn.Serving.Files;
using Ncn.Serving.Hosting;
using Ncn.Serving.Storage;

namespace Ncn.Serving.Responses;

/// <summary>A kept response.</summary>
/// <param name="Before">The items of the conversation that it goes on with.</param>
/// <param name="Input">Its own input items.</param>
/// <param name="Response">As it is told; in progress until <paramref name="IsEnded"/>.</param>
/// <param name="Pieces">What the model wrote, piece by piece: its events are made of these again.</param>
public sealed record KeptResponse(
    RequestId Request, string Account, JsonObject Members, JsonArray Before, JsonArray Input, JsonObject Response, IReadOnlyList<string> Pieces, bool IsEnded)
{
    /// <summary>The whole conversation with this response's output.</summary>
    public JsonArray Conversation() =>
        [.. Before.Concat(Input).Concat(Response["output"] as JsonArray ?? []).Select(static item => item!.DeepClone())];
}

/// <summary>Responses that clients come back for, kept for a stated time.</summary>
public sealed class ResponseStore(IObjectStore store, IConfiguration configuration, IOptions<FilesOptions> options, TimeProvider time)
{
    private const int MaxBytes = 4 * 1024 * 1024;

    /// <summary>Whether the gateway can keep any.</summary>
    public bool HasStorage { get; } = configuration["Ncn:Blobs"] is not null;

    public async Task WriteAsync(KeptResponse kept, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(kept);
        var bytes = JsonSerializer.SerializeToUtf8Bytes(kept, ProtocolJson.Options);
        if (bytes.Length > MaxBytes)
        {
            throw new ApiException(ApiError.BadRequest(
                "conversation_too_long", $"The conversation has {bytes.Length} bytes; at most {MaxBytes} are kept. Begin a new one, or set store to false.", "previous_response_id"));
        }

        var expires = time.GetUtcNow() + TimeSpan.FromHours(options.Value.KeptHours);
        using var content = new MemoryStream(bytes);
        await store.WriteAsync(
            NameOf(kept.Request), content,
            new Dictionary<string, string>(StringComparer.Ordinal) { ["expires"] = expires.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture) },
            cancellationToken);
    }

    /// <summary>A response of this account; throws 404 when there is none.</summary>
    public async Task<KeptResponse> FindAsync(string account, string id, string parameter, CancellationToken cancellationToken)
    {
        if (ResponseObject.Read(id) is { } request)
        {
            await using var content = await store.OpenAsync(NameOf(request), cancellationToken);
            if (content is not null && await JsonSerializer.DeserializeAsync<KeptResponse>(content, ProtocolJson.Options, cancellationToken) is { } kept
                && kept.Account == account)
            {
                return kept;
            }
        }

        throw new ApiException(new ApiError(404, "response_not_found", $"There is no response {id} of this account; it may have expired.", parameter));
    }

    public Task DeleteAsync(KeptResponse kept, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(kept);
        return store.DeleteAsync(NameOf(kept.Request), cancellationToken);
    }

    private static string NameOf(RequestId request) => "responses/" + request;
}
