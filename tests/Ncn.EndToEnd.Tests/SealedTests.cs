using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using Google.Protobuf;
using Ncn.Chain;
using Ncn.Client.Inference;
using Ncn.Client.Sealing;
using Ncn.EndToEnd.Tests.Harness;
using Ncn.Protocol;

namespace Ncn.EndToEnd.Tests;

/// <summary>Requests that only client and node can read, on the real network: paid and receipted like others, and in no file but the client's.</summary>
[Collection(PaidNetwork.Name)]
public sealed class SealedTests(PaidNetwork shared)
{
    private const int MostTries = 20;
    private const string Question = "Who was the first on the moon, and when?";
    private static readonly TokenAmount Ceiling = new(20_000);
    private static readonly Uri Nowhere = new("v1/sealed", UriKind.Relative);

    [Fact]
    public async Task A_sealed_chat_is_paid_and_answered_and_the_gateway_never_sees_a_word()
    {
        var before = await shared.Account.ReadSettledAsync();
        using var chain = new ChainConnection(shared.Account.Settings);
        var (http, traffic) = shared.Account.Watched(shared.Network.Text);
        using var client = http;

        // So hot that nobody else gets the same words.
        var answer = await Sealed(client, chain).ChatAsync(new ChatRequest("tiny-chat", [new ChatMessage("user", Question)], 120, Temperature: 2, Seed: 7));

        Assert.Equal(before + answer.Network!.Cost, await shared.Account.ReadSettledAsync());
        Assert.True(answer.Network.Cost > TokenAmount.Zero);
        foreach (var secret in (string[])[Question, Plain(answer.Content)])
        {
            Assert.DoesNotContain(secret, traffic.Seen, StringComparison.Ordinal);
            Assert.Empty(await FilesWithAsync(secret));
        }
    }

    [Fact]
    public async Task What_a_gateway_keeps_of_a_clear_answer_is_found_and_of_a_sealed_one_is_not()
    {
        const string Hidden = "What is 8329 + 2893, please?";
        var key = ("Idempotency-Key", Guid.NewGuid().ToString());
        var hot = Web.Chat("Tell me something", 120).Replace("\"temperature\":0", "\"temperature\":2", StringComparison.Ordinal);
        var open = (await Web.PostAsync(new Uri(shared.Network.Text, "v1/chat/completions"), hot, await shared.Account.PayAsync(Ceiling), key)).IsOk();
        var kept = Plain(open.Content);

        // A database may have a page's end anywhere in it, but not twice.
        Assert.NotEmpty(await FilesWithAsync(kept[..(kept.Length / 2)]) + await FilesWithAsync(kept[(kept.Length / 2)..]));

        key = ("Idempotency-Key", Guid.NewGuid().ToString());
        var (body, reader) = await SealedRequests.SealAsync(shared.Network.Text, Hidden);
        var whole = (await PostAsync(body, key)).IsOk();
        var charged = await shared.Account.ReadSettledAsync();
        Assert.Equal(whole.Body, (await PostAsync(body, key)).IsOk().Body);
        Assert.Equal(charged, await shared.Account.ReadSettledAsync());
        Assert.NotEmpty(SealedRequests.Open(whole.Json, reader));
        Assert.Empty(await FilesWithAsync(Hidden));
    }

    [Fact]
    public async Task The_command_line_seals_too_and_can_name_the_node()
    {
        var chat = await shared.Network.CommandAsync("chat", "--sealed", "What is 12 + 34?");
        Assert.Equal((await shared.Network.CommandAsync("chat", "What is 12 + 34?")).Succeeded(), chat.Succeeded());
        Assert.Contains("verified", chat.Errors, StringComparison.Ordinal);
        var stranger = await shared.Network.CommandAsync("chat", "--sealed", "--node", "0x00000000000000000000000000000000000000aa", "What is 12 + 34?");
        Assert.Contains("trusted to read", stranger.Errors, StringComparison.Ordinal);
        Assert.NotEqual(0, (await shared.Network.CommandAsync("chat", "--sealed", "--queued", "What?")).ExitCode);
    }

    [Fact]
    public async Task A_sealed_chat_survives_its_node_word_for_word()
    {
        var request = new ChatRequest("tiny-chat", [new ChatMessage("user", "Count from 1 to 60")], 400, Seed: 7);
        using var chain = new ChainConnection(shared.Account.Settings);
        using var http = shared.Account.PayingHttp(shared.Network.Text);
        var whole = await Sealed(http, chain).ChatAsync(request);
        for (var tries = 0; tries < MostTries; tries++)
        {
            var (text, killed, pieces) = (new StringBuilder(), (RunningApp?)null, 0);
            ChatPiece? last = null;
            await foreach (var piece in Sealed(http, chain).StreamChatAsync(request))
            {
                text.Append(piece.Text);
                last = piece;
                if (++pieces == 5 && (killed = await Operators.BusyWorkerAsync(shared.Network)) is not null)
                {
                    shared.Network.KillApp(killed.AppId);
                }
            }

            await shared.Network.WaitUntilWholeAsync();
            Assert.Equal(whole.Content, text.ToString());
            if (last!.Network!.Receipt.Message.CompletionTokens < whole.Usage!.CompletionTokens)
            {
                return;
            }
        }

        Assert.Fail($"In {MostTries} tries every answer was whole before its node died.");
    }

    [Fact]
    public async Task Sealed_images_are_classified()
    {
        using var chain = new ChainConnection(shared.Account.Settings);
        using var http = shared.Account.PayingHttp(shared.Network.Vision);
        var request = new global::Inference.ModelInferRequest { ModelName = "digits" };
        request.Inputs.Add(new global::Inference.ModelInferRequest.Types.InferInputTensor { Name = "image", Datatype = "FP32", Shape = { 1, 1, 8, 8 } });
        request.RawInputContents.Add(ByteString.CopyFrom(MemoryMarshal.AsBytes<float>(new float[64])));
        var (response, network) = await Sealed(http, chain).InferAsync("digits", request, rows: 1);
        Assert.Equal([1, 10], response.Outputs.Single().Shape);
        Assert.Equal(1u, network.Receipt.Message.CompletionTokens);
    }

    [Fact]
    public async Task Sealed_requests_that_cannot_be_run_are_refused_and_charged_nothing()
    {
        var before = await shared.Account.ReadSettledAsync();
        var (body, _) = await SealedRequests.SealAsync(shared.Network.Text, "What is 1 + 1?");
        Assert.Equal(HttpStatusCode.PaymentRequired, (await Web.PostAsync(Endpoint, body)).Status);
        (await PostAsync(body, ("Prefer", "respond-async"))).IsOpenAiError(HttpStatusCode.BadRequest, "unsupported_preference");
        (await PostAsync((await SealedRequests.SealAsync(shared.Network.Text, "Hello", node: "0x00000000000000000000000000000000000000aa")).Body)).IsOpenAiError(HttpStatusCode.Conflict, "node_gone");
        (await PostAsync(body.Replace("tiny-chat", "no-chat", StringComparison.Ordinal))).IsOpenAiError(HttpStatusCode.NotFound, "model_not_found");
        (await PostAsync(body.Replace("\"maxTokens\":32", "\"maxTokens\":31", StringComparison.Ordinal))).IsOpenAiError(HttpStatusCode.BadRequest, "invalid_input");
        foreach (var member in (string[])["model", "node", "encapsulatedKey", "ciphertext", "keyId", "maxTokens"])
        {
            Assert.Equal(HttpStatusCode.BadRequest, (await PostAsync(body.Replace($"\"{member}\":", "\"other\":", StringComparison.Ordinal))).Status);
        }

        Assert.Equal(before, await shared.Account.ReadSettledAsync());
        (await PostAsync(body)).IsOk();
        var paid = await shared.Account.ReadSettledAsync();
        var replayed = (await PostAsync(body)).IsOpenAiError(HttpStatusCode.BadRequest, "invalid_input");
        Assert.Contains("taken before", replayed.Body, StringComparison.Ordinal);
        Assert.Equal(paid, await shared.Account.ReadSettledAsync());
    }

    private Uri Endpoint => new(shared.Network.Text, Nowhere);

    private SealedClient Sealed(HttpClient http, ChainConnection chain) =>
        new(http, new SealedClientOptions(shared.Account.Settings.NetworkDomain, new StakedOperators(chain).TrustsAsync));

    private async Task<Answer> PostAsync(string body, params (string, string)[] headers) =>
        await Web.PostAsync(Endpoint, body, await shared.Account.PayAsync(Ceiling), headers);

    /// <summary>Files of the network's state (logs, databases, journals) that hold a text, in clear or in base64.</summary>
    private async Task<string> FilesWithAsync(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var forms = Enumerable.Range(0, 3).Select(skipped => Convert.ToBase64String(bytes.AsSpan(skipped, (bytes.Length - skipped) / 3 * 3))).Prepend(text);
        string[] line = ["-rlaF", .. forms.SelectMany(static form => (string[])["-e", form]), "--", shared.Network.State];
        // The network is alive: a file that is replaced while grep looks for it makes grep fail.
        return await Poll.ForAsync("grep has seen every file", async () =>
            await Command.RunAsync("grep", line, new Dictionary<string, string?>()) is { ExitCode: <= 1 } found ? found.Output : null);
    }

    /// <summary>The longest stretch of a text that looks the same however it is escaped.</summary>
    private static string Plain(string text)
    {
        var longest = text.Split([.. text.Where(static letter => !char.IsAsciiLetterOrDigit(letter) && letter is not (' ' or ','))]).MaxBy(static part => part.Length)!;
        Assert.True(longest.Length >= 14, text);
        return longest;
    }
}
