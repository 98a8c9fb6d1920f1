using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Ncn.Hosting.Outbound;
using Ncn.Protocol;

namespace Ncn.Serving.Validators;

/// <summary>An operation as validators take it: <c>POST /ncn/v1/ledger/operations</c>.</summary>
internal sealed record OperationCall(byte Kind, HexBytes Content, Signature Signature);

/// <summary>What a validator made of an operation.</summary>
internal enum PostOutcome
{
    /// <summary>It has it, now or since before.</summary>
    Taken,

    /// <summary>It says that it can never be taken.</summary>
    Refused,

    /// <summary>Nobody knows.</summary>
    Unheard,
}

/// <summary>Calls of validators' HTTP API: through the guard, without redirects, bounded in time and size.</summary>
public sealed class ValidatorConnections(AddressGuard guard, ILogger<ValidatorConnections> log) : IDisposable
{
    private const int MaxStandingBytes = 8 * 1024 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);
    private readonly ConcurrentDictionary<Uri, string> _troubles = [];
    private readonly HttpClient _http = new(Lasting(guard)) { Timeout = Patience, MaxResponseContentBufferSize = MaxStandingBytes };

    internal async Task<PostOutcome> PostAsync(Uri validator, Signed<LedgerOperation> operation, CancellationToken cancellationToken)
    {
        try
        {
            var call = new OperationCall(operation.Message.Kind, operation.Message.Content, operation.Signature);
            using var answer = await _http.PostAsJsonAsync(new Uri(validator, "ncn/v1/ledger/operations"), call, ProtocolJson.Options, cancellationToken);
            if (answer.IsSuccessStatusCode || answer.StatusCode == HttpStatusCode.Conflict)
            {
                _troubles.TryRemove(validator, out _);
                return PostOutcome.Taken;
            }

            Note(validator, $"it answered an operation of kind {call.Kind} with {(int)answer.StatusCode}");
            return answer.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.UnprocessableEntity ? PostOutcome.Refused : PostOutcome.Unheard;
        }
        catch (Exception unheard) when (!cancellationToken.IsCancellationRequested && unheard is HttpRequestException or OperationCanceledException)
        {
            Note(validator, unheard.Message);
            return PostOutcome.Unheard;
        }
    }

    /// <summary>What a validator says of nodes and gateways, and the mark of that; null when it says nothing new, or nothing that can be read.</summary>
    /// <param name="known">The mark of what it said last.</param>
    internal async Task<(LedgerStanding Standing, EntityTagHeaderValue? Mark)?> ReadAsync(Uri validator, EntityTagHeaderValue? known, CancellationToken cancellationToken)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(validator, "ncn/v1/ledger/standing"));
            _ = known is not null && request.Headers.IfNoneMatch.TryParseAdd(known.ToString());
            using var answer = await _http.SendAsync(request, cancellationToken);
            if (answer.IsSuccessStatusCode || answer.StatusCode == HttpStatusCode.NotModified)
            {
                _troubles.TryRemove(validator, out _);
            }

            if (!answer.IsSuccessStatusCode)
            {
                return null;
            }

            var standing = JsonSerializer.Deserialize<LedgerStanding>(await answer.Content.ReadAsByteArrayAsync(cancellationToken), ProtocolJson.Strict); // whatever it calls its characters
            return standing is null ? null : (standing, answer.Headers.ETag);
        }
        catch (Exception unheard) when (!cancellationToken.IsCancellationRequested && unheard is HttpRequestException or OperationCanceledException or JsonException)
        {
            Note(validator, unheard.Message);
            return null;
        }
    }

    public void Dispose() => _http.Dispose();

    // The same trouble is told once: a validator that is away is asked again every few seconds.
    private void Note(Uri validator, string trouble)
    {
        if (!_troubles.TryGetValue(validator, out var known) || known != trouble)
        {
            _troubles[validator] = trouble;
            log.LogWarning("Validator {Validator} is not heard as it should be: {Reason}", validator, trouble);
        }
    }

    private static SocketsHttpHandler Lasting(AddressGuard guard)
    {
        var handler = guard.Handler(TimeSpan.FromSeconds(2));
        handler.PooledConnectionLifetime = TimeSpan.FromMinutes(5);
        return handler;
    }
}
