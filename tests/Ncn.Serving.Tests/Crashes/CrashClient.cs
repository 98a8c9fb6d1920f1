using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Ncn.Payments.X402;
using Ncn.Protocol;
using Ncn.Serving.OpenAi;
using Ncn.Serving.Tests.Payments;
using Ncn.Serving.Tests.Routing;

namespace Ncn.Serving.Tests.Crashes;

/// <summary>What a client has of an answer.</summary>
/// <param name="IsWhole">It has the end, with the cost.</param>
internal sealed record Heard(int Status, string Text, TokenAmount? Cost, bool IsWhole);

/// <summary>A client with one paid request under one key, which it sends as often as it must, with the same voucher each time.</summary>
internal sealed class CrashClient(Signer signer, bool isStream)
{
    private readonly string _body = JsonSerializer.Serialize(new
    {
        model = "tiny-chat", max_tokens = 40, stream = isStream, messages = new[] { new { role = "user", content = "count" } },
    });

    /// <summary>Sends the request; what the client has when it is answered, cut off, or has waited for a gateway that is dead.</summary>
    public async Task<Heard> SendAsync(RoutedGateway gateway, Life life, bool isPaid)
    {
        var http = MemoryGateway.Http();
        (http.Request.Method, http.Request.Path) = (HttpMethods.Post, "/v1/chat/completions");
        http.Request.Body = new MemoryStream(Encoding.UTF8.GetBytes(_body));
        http.Request.Headers["Idempotency-Key"] = "one";
        if (isPaid)
        {
            http.Request.Headers[X402Header.Signature] = Voucher(gateway);
        }

        var answer = new Wire(life);
        (http.Response.Body, http.RequestAborted) = (answer, life.Connection.Token);
        var handled = gateway.Get<ChatEndpoint>().HandleAsync(http);
        await Task.WhenAny(handled, life.Over);
        await (life.IsOver || life.Connection.IsCancellationRequested ? Task.CompletedTask : handled);
        return Read(http.Response.StatusCode, answer.Text, http.Response.Headers["x-ncn-cost"]);
    }

    private string Voucher(RoutedGateway gateway)
    {
        var total = new TokenAmount(10_000);
        var voucher = SignedVoucher.Create(gateway.ClientChannel(signer), total, signer, gateway.Identity.PaymentsDomain);
        var view = new VoucherView(voucher.Config.Id(gateway.Identity.PaymentsDomain), total, voucher.Signature);
        return X402Header.Encode(new PaymentPayload(2, new BatchPayload("voucher", ChannelConfigView.From(voucher.Config), view) { Parallel = true }));
    }

    private Heard Read(int status, string text, string? cost)
    {
        if (!isStream || status != 200)
        {
            var isWhole = status == 200 && text.Length > 0;
            return new Heard(status, isWhole ? ContentOf(text) : "", isWhole ? TokenAmount.Parse(cost!) : null, isWhole);
        }

        var events = text.Split("data: ", StringSplitOptions.RemoveEmptyEntries).Select(static each => each.Split('\n')[0]).ToArray();
        var parts = events.Where(static each => each.StartsWith('{')).Select(static each => JsonDocument.Parse(each).RootElement).ToArray();
        var ends = parts.Where(static part => part.TryGetProperty("ncn", out _)).ToArray();
        return new Heard(
            status, string.Concat(parts.Select(DeltaOf)), ends.Length > 0 ? TokenAmount.Parse(ends[^1].GetProperty("ncn").GetProperty("cost").GetString()!) : null,
            ends.Length > 0 && events[^1] == "[DONE]");
    }

    private static string ContentOf(string body) =>
        JsonDocument.Parse(body).RootElement.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString()!;

    private static string DeltaOf(JsonElement part) =>
        part.TryGetProperty("choices", out var choices) && choices.GetArrayLength() > 0 && choices[0].TryGetProperty("delta", out var delta)
            && delta.TryGetProperty("content", out var content) ? content.GetString() ?? "" : "";

    /// <summary>The connection to the client: there is a point before and after each write. What is written to a closed one is gone.</summary>
    private sealed class Wire(Life life) : MemoryStream
    {
        private readonly MemoryStream _arrived = new();

        public string Text
        {
            get
            {
                lock (_arrived)
                {
                    return Encoding.UTF8.GetString(_arrived.ToArray());
                }
            }
        }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await life.PassAsync("before the client has a piece");
            cancellationToken.ThrowIfCancellationRequested();
            lock (_arrived)
            {
                _arrived.Write(buffer.Span);
            }

            await life.PassAsync("after the client has a piece");
        }

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }
}
