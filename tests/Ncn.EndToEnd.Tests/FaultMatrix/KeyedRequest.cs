using System.Net;
using System.Text.Json.Nodes;
using Ncn.EndToEnd.Tests.Harness;
using Ncn.Protocol;

namespace Ncn.EndToEnd.Tests.FaultMatrix;

/// <summary>A paid request that its client can repeat. It states no seed: a repeat after a crash gives the same words all the same.</summary>
internal sealed class KeyedRequest(Account account, Entrance entrance, string question, int maxTokens, bool isStream) : IAsyncDisposable
{
    public static readonly TokenAmount Ceiling = new(10_000);

    /// <summary>Enough for many at once: clients that come back together know nothing of each other.</summary>
    private static readonly TokenAmount Together = Ceiling * 10UL;

    private readonly string key = Guid.NewGuid().ToString();
    private readonly CancellationTokenSource life = new();
    private ChatStream? stream;
    private Task<Answer>? whole;

    /// <summary>What a stream had said when it was cut off.</summary>
    public string Heard => stream?.Text ?? string.Empty;

    /// <summary>Opens a stream and reads so many pieces.</summary>
    public async Task ReadAsync(TokenAmount voucher, int pieces)
    {
        stream = await OpenAsync(account.Voucher(voucher));
        await stream.ReadPiecesAsync(pieces);
    }

    /// <summary>Reads a stream to its end, whose charge is then on its way.</summary>
    public async Task FinishAsync(TokenAmount voucher)
    {
        await ReadAsync(voucher, 1);
        await stream!.ReadToEndAsync();
    }

    /// <summary>Sends the request and does not wait.</summary>
    /// <param name="voucher">Null sends it unpaid.</param>
    public void Send(TokenAmount? voucher) => whole = PostAsync(voucher is { } total ? account.Voucher(total) : null, life.Token);

    /// <summary>The client comes back after everything was mended; the answer, and what it cost.</summary>
    public async Task<(string Text, TokenAmount Cost)> RepeatAsync()
    {
        await IgnoreAsync();
        return isStream ? await RepeatStreamAsync() : await RepeatWholeAsync();
    }

    /// <summary>The client dies: its connection is gone, whatever the request is at.</summary>
    public async ValueTask DieAsync()
    {
        await life.CancelAsync();
        await (stream?.DisposeAsync() ?? ValueTask.CompletedTask);
        await IgnoreAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await DieAsync();
        life.Dispose();
    }

    private string Body => new JsonObject
    {
        ["model"] = "tiny-chat",
        ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = question }),
        ["max_tokens"] = maxTokens,
        ["temperature"] = 0,
        ["stream"] = isStream,
    }.ToJsonString();

    private async Task<(string, TokenAmount)> RepeatWholeAsync()
    {
        var answer = await Poll.ForAsync("the repeat is answered", async () =>
        {
            var got = await PostAsync(await account.PayAsync(Together), CancellationToken.None);
            return got.Status == HttpStatusCode.OK ? got
                : (int)got.Status >= 500 || got.Status == HttpStatusCode.PaymentRequired ? null
                : throw new InvalidOperationException($"{got.Status}: {got.Body}");
        });
        return (answer.Content, TokenAmount.Parse(answer.Header("x-ncn-cost")!));
    }

    private async Task<(string, TokenAmount)> RepeatStreamAsync()
    {
        var (text, cost) = await Poll.ForAsync<Tuple<string, TokenAmount>>("the repeat is answered", async () =>
        {
            await using var again = await OpenAsync(await account.PayAsync(Together));
            await again.ReadToEndAsync();
            return again is { IsDone: true, Network: { } end }
                ? Tuple.Create(again.Text, TokenAmount.Parse(end.GetProperty("cost").GetString()!))
                : null;
        });
        return (text, cost);
    }

    private async Task<ChatStream> OpenAsync(string payment)
    {
        using var request = Request(payment);
        return await ChatStream.OpenAsync(entrance.Http, request);
    }

    private Task<Answer> PostAsync(string? payment, CancellationToken cancellation) => Web.SendAsync(entrance.Http, Request(payment), cancellation);

    private HttpRequestMessage Request(string? payment) => Web.Request(entrance.Chat, Body, payment, ("Idempotency-Key", key));

    // Whether it was answered, refused or cut off is all the same: what counts is the repeat.
    private async Task IgnoreAsync()
    {
        if (whole is not null)
        {
            await whole.ContinueWith(static _ => { }, TaskScheduler.Default);
        }
    }
}
