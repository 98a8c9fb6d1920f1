using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization;
using Ncn.Payments.Channels;
using Ncn.Payments.Policies;
using Ncn.Payments.X402;
using Ncn.Protocol;

namespace Ncn.Client.Paying;

/// <summary>A payer's view into the books that a gateway keeps of their channel, and the statements that hold the gateway to them.</summary>
/// <param name="gateway">Its base address is the gateway; it need not pay.</param>
public sealed class ChannelBooks(Payer payer, HttpClient gateway)
{
    private static readonly JsonSerializerOptions Json = new(ProtocolJson.Options) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    /// <summary>How the gateway says that the channel stands.</summary>
    /// <exception cref="NcnException">The gateway refused.</exception>
    public async Task<ChannelAccount> ReadAsync(ChannelConfig config, CancellationToken cancellationToken = default)
    {
        using var message = new HttpRequestMessage(HttpMethod.Get, new Uri($"ncn/v1/channels/{payer.IdOf(config)}", UriKind.Relative));
        message.Headers.Add(ChannelCalls.QueryHeader, X402Header.Encode(payer.Query(config)));
        using var response = await gateway.SendAsync(message, cancellationToken);
        return await ReadAsync<ChannelAccount>(response, cancellationToken);
    }

    /// <summary>Asks for a statement, checks it against our own books, and keeps it as evidence.</summary>
    /// <exception cref="NcnException">The gateway refused: requests are in flight (409), or the last statement is too young (429).</exception>
    /// <exception cref="PaymentException">The gateway's statement is no good; it was not kept.</exception>
    public async Task<StatementReport> StateAsync(ChannelConfig config, CancellationToken cancellationToken = default)
    {
        var (call, mine) = await payer.AskForStatementAsync(config, cancellationToken);
        var path = new Uri($"ncn/v1/channels/{payer.IdOf(config)}/statement", UriKind.Relative);
        using var response = await gateway.PostAsJsonAsync(path, call, Json, cancellationToken);
        return await payer.TakeStatementAsync(mine, await ReadAsync<Signed<ChannelStatement>>(response, cancellationToken));
    }

    /// <summary>Sets what the key that signs the channel's vouchers may spend. The gateway's ledger keeps to it, whatever holds the key.</summary>
    /// <returns>The policy that is in force: it replaces any older one.</returns>
    /// <exception cref="NcnException">The gateway refused.</exception>
    /// <exception cref="PaymentException">This key is not the channel's payer.</exception>
    public async Task<Signed<SpendPolicy>> SetPolicyAsync(ChannelConfig config, SpendLimits limits, CancellationToken cancellationToken = default)
    {
        var path = new Uri($"ncn/v1/channels/{payer.IdOf(config)}/policy", UriKind.Relative);
        using var response = await gateway.PostAsJsonAsync(path, payer.SignPolicy(config, limits), Json, cancellationToken);
        return await ReadAsync<Signed<SpendPolicy>>(response, cancellationToken);
    }

    /// <summary>What the channel costs a day, how long it lasts at that, what to look at, and the policy in force.</summary>
    /// <exception cref="NcnException">The gateway refused.</exception>
    public async Task<ChannelForecast> ForecastAsync(ChannelConfig config, CancellationToken cancellationToken = default)
    {
        using var message = new HttpRequestMessage(HttpMethod.Get, new Uri($"ncn/v1/channels/{payer.IdOf(config)}/forecast", UriKind.Relative));
        message.Headers.Add(ChannelCalls.QueryHeader, X402Header.Encode(payer.Query(config)));
        using var response = await gateway.SendAsync(message, cancellationToken);
        return await ReadAsync<ChannelForecast>(response, cancellationToken);
    }

    private static async Task<T> ReadAsync<T>(HttpResponseMessage response, CancellationToken cancellation)
    {
        var body = await response.Content.ReadAsByteArrayAsync(cancellation);
        if (!response.IsSuccessStatusCode)
        {
            throw GatewayErrors.From(response.StatusCode, GatewayErrors.ParseOrNothing(body));
        }

        try
        {
            return JsonSerializer.Deserialize<T>(body, ProtocolJson.Strict) ?? throw new JsonException("the answer is null");
        }
        catch (JsonException unreadable)
        {
            throw new NcnException($"The gateway's answer is not a {typeof(T).Name}: see {unreadable.Path ?? "its start"}.", unreadable);
        }
    }
}
