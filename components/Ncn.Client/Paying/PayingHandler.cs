using System.Net;
using System.Security.Cryptography;
using Ncn.Payments.X402;
using Ncn.Protocol;

namespace Ncn.Client.Paying;

/// <summary>Answers HTTP 402 by paying from a channel, within the limits of a <see cref="Payer"/>.</summary>
/// <remarks>
/// 1 The request goes out unpaid. 2 A 402 names the ceiling; the payer signs a running total that covers it.
/// 3 The paid request goes out. 4 A corrective 402 (the receiver counts more than we do) is checked, taken over and answered, at most
/// <see cref="MaxCorrections"/> times. 5 The answer says what was charged; a stream says it at its end. A 402 that remains is returned.
/// </remarks>
public sealed class PayingHandler : DelegatingHandler
{
    /// <summary>How often one request follows a correction of the receiver.</summary>
    public const int MaxCorrections = 3;

    /// <summary>Set on a request that is paid: pays more for it while its answer streams, where the transport can ask for that.</summary>
    internal static readonly HttpRequestOptionsKey<Func<PaymentRequired, Task<PaymentPayload?>>> MorePayment = new("ncn.more-payment");

    private readonly Payer payer;

    public PayingHandler(Payer payer, HttpMessageHandler innerHandler)
        : base(innerHandler) => this.payer = payer;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var key = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        if (request.Content is not null)
        {
            // Read whole, because a request that is not paid enough is sent again.
            await request.Content.LoadIntoBufferAsync(cancellationToken);
        }

        var response = await base.SendAsync(request, cancellationToken);
        for (var corrections = 0; response.StatusCode == HttpStatusCode.PaymentRequired && corrections <= MaxCorrections; corrections++)
        {
            if (ReadOffer(response) is not { } offer || (corrections > 0 && offer.Extra.ChannelState is null))
            {
                return response;
            }

            response.Dispose();
            response = await PayAndSendAsync(request, offer, key, cancellationToken);
        }

        return response;
    }

    private PaymentRequirements? ReadOffer(HttpResponseMessage response)
    {
        if (!response.Headers.TryGetValues(X402Header.Required, out var values))
        {
            return null;
        }

        var required = X402Header.Decode<PaymentRequired>(values.First(), out var problem)
            ?? throw new PaymentException($"The server asks for payment in a way that cannot be read: {problem}.");
        return payer.Choose(required);
    }

    private async Task<HttpResponseMessage> PayAndSendAsync(
        HttpRequestMessage request, PaymentRequirements offer, string key, CancellationToken cancellation)
    {
        var config = payer.Channel(offer);
        if (offer.Extra.ChannelState is { } view)
        {
            await payer.CorrectAsync(config, view, offer.Extra.VoucherState, cancellation);
        }

        var payment = await payer.PayAsync(offer, key, cancellation);
        request.Options.Set(MorePayment, required => PayMoreAsync(required, key));
        request.Headers.Remove(X402Header.Signature);
        request.Headers.Add(X402Header.Signature, X402Header.Encode(payment));
        try
        {
            return await FinishAsync(await base.SendAsync(request, cancellation), config, key);
        }
        catch (Exception) // Whatever it was, it goes on to the caller.
        {
            // What it cost is not known. The next request on the channel is corrected if it was something.
            await payer.SettleAsync(config, key, null);
            throw;
        }
    }

    // Beyond the limits of the payer the stream ends with what was paid for.
    private async Task<PaymentPayload?> PayMoreAsync(PaymentRequired required, string key)
    {
        try
        {
            var offer = payer.Choose(required);
            if (offer.Extra.ChannelState is { } view)
            {
                await payer.CorrectAsync(payer.Channel(offer), view, offer.Extra.VoucherState, CancellationToken.None);
            }

            return await payer.PayAsync(offer, key, CancellationToken.None);
        }
        catch (PaymentException)
        {
            return null;
        }
    }

    private async Task<HttpResponseMessage> FinishAsync(HttpResponseMessage response, ChannelConfig config, string key)
    {
        var settlement = PaymentAnswer.Read(response);
        if (settlement is null && response.IsSuccessStatusCode && response.Content.Headers.ContentType?.MediaType == "text/event-stream")
        {
            response.Content = new SettlingContent(response.Content, settled => payer.SettleAsync(config, key, settled));
        }
        else if (response.StatusCode != HttpStatusCode.Accepted)
        {
            await payer.SettleAsync(config, key, settlement?.Extra);
        }

        // What was accepted for later stays held until it expires: it is charged when nobody listens.
        return response;
    }
}
