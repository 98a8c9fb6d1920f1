using System.Net;
using Ncn.Chain;
using Ncn.Client;
using Ncn.Client.Escrow;
using Ncn.Client.Paying;
using Ncn.Payments.X402;
using Ncn.Protocol;

namespace Ncn.Validator.Duty.Probes;

/// <summary>A key that pays one gateway for requests, as any client of <c>Ncn.Client</c> does.</summary>
internal sealed class Purse : IDisposable
{
    private const long MostBytes = 16 << 20;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private readonly Signer _signer;
    private readonly Payer _payer;
    private readonly HttpClient _http;
    private readonly NcnClient _client;
    private readonly Eip712Domain _network;

    /// <param name="signer">Owned by this object.</param>
    /// <param name="fund">Makes the handler that puts money into the channel; null where the channel needs none.</param>
    /// <param name="transport">Owned by this object.</param>
    internal Purse(Signer signer, Uri gateway, PayerOptions options, Func<Payer, HttpMessageHandler, HttpMessageHandler>? fund, HttpMessageHandler transport, TimeProvider time)
    {
        (_signer, _payer, _network) = (signer, new Payer(signer, options, time), options.NetworkDomain);
        _http = new HttpClient(new PayingHandler(_payer, fund?.Invoke(_payer, transport) ?? transport)) { BaseAddress = gateway, Timeout = Patience, MaxResponseContentBufferSize = MostBytes };
        _client = new NcnClient(_http);
    }

    internal Address Address => _signer.Address;

    /// <summary>The name of a chat model of the gateway: the one with this digest where it is served, otherwise any; null for none.</summary>
    internal async Task<string?> ModelAsync(ModelDigest wanted, Hash32 salt, CancellationToken cancellationToken)
    {
        var models = (await _client.ModelsAsync(cancellationToken)).Where(static model => model.Kind is "decoder" or "").OrderBy(static model => model.Id, StringComparer.Ordinal).ToArray();
        return models.Length == 0 ? null : (models.FirstOrDefault(model => model.Digests.Contains(wanted)) ?? models[salt.ToArray()[0] % models.Length]).Id;
    }

    /// <summary>Sends a probe and reads its answer to the end.</summary>
    /// <exception cref="NcnException">It was refused, or what came is no answer.</exception>
    /// <exception cref="PaymentException">It may not be paid for.</exception>
    internal async Task<NcnMember> AskAsync(ProbeRecord probe, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience);
        var member = probe.IsStreamed ? await StreamAsync(probe, limit.Token) : (await _client.ChatAsync(probe.Request, probe.Key, limit.Token)).Network;
        return member is null ? throw new NcnException("The answer has no receipt.")
            : ReceiptCheck.Problem(member, _network, []) is { } problem ? throw new NcnException($"The answer's receipt is no good: {problem}.")
            : member;
    }

    public void Dispose()
    {
        _http.Dispose();
        _payer.Dispose();
        _signer.Dispose();
    }

    private async Task<NcnMember?> StreamAsync(ProbeRecord probe, CancellationToken cancellationToken)
    {
        NcnMember? member = null;
        await foreach (var piece in _client.StreamChatAsync(probe.Request, probe.Key, cancellationToken))
        {
            member = piece.Network ?? member;
        }

        return member;
    }
}

/// <summary>Puts money into a purse's channel when a request needs more than is there, before the request's first voucher.</summary>
/// <param name="chain">Sends with the purse's key; owned by this object.</param>
/// <param name="deposit">At a time, atomic units.</param>
internal sealed class PurseChannel(ChainConnection chain, Signer signer, Payer payer, TokenAmount deposit, HttpMessageHandler inner, TimeProvider time) : DelegatingHandler(inner)
{
    private readonly PayerEscrow _escrow = new(chain, signer, time);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await base.SendAsync(request, cancellationToken);
        if (response.StatusCode == HttpStatusCode.PaymentRequired && response.Headers.TryGetValues(X402Header.Required, out var values)
            && X402Header.Decode<PaymentRequired>(values.First(), out _) is { } required)
        {
            await FillAsync(payer.Choose(required), cancellationToken);
        }

        return response;
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        chain.Dispose();
    }

    // All that was ever signed and this request: whatever the gateway can claim is there.
    private async Task FillAsync(PaymentRequirements offer, CancellationToken cancellationToken)
    {
        var channel = payer.Channel(offer);
        var needed = (await payer.ReadAsync(channel, cancellationToken)).Signed + offer.Amount;
        if ((await _escrow.ReadChannelAsync(channel)).Balance < needed)
        {
            await _escrow.DepositWithPermitAsync(channel, TokenAmount.Max(deposit, offer.Amount), cancellationToken);
        }
    }
}
