using System.Net;
using Ncn.EndToEnd.Tests.Harness;
using Ncn.Payments.X402;
using Ncn.Protocol;

namespace Ncn.EndToEnd.Tests;

/// <summary>Wrong requests and wrong payments: each is answered in the protocol's own shape, and nothing is charged or kept reserved.</summary>
[Collection(PaidNetwork.Name)]
public sealed class WrongInputTests(PaidNetwork shared) : IAsyncLifetime
{
    private const int MaxBody = 4 * 1024 * 1024;
    private static readonly TokenAmount Ceiling = new(10_000);
    private TokenAmount before;

    private Uri Chat => new(shared.Network.Text, "v1/chat/completions");

    private Uri Infer => new(shared.Network.Vision, "v2/models/digits/infer");

    private Account Account => shared.Account;

    public async Task InitializeAsync() => before = await Account.ReadSettledAsync();

    public async Task DisposeAsync()
    {
        var books = await Account.ReadAsync();
        Assert.Equal((before, TokenAmount.Zero), (books.ChargedCumulativeAmount, books.ReservedAmount));
    }

    [Theory]
    [InlineData("""{"model":""")]
    [InlineData("[]")]
    [InlineData("not json")]
    [InlineData("")]
    public async Task Malformed_json_is_refused(string body)
    {
        var payment = await Account.PayAsync(Ceiling);
        (await Web.PostAsync(Chat, body, payment)).IsOpenAiError(HttpStatusCode.BadRequest, "invalid_json");
        (await Web.PostAsync(Infer, body, payment)).IsInferenceError(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Unknown_model_is_refused()
    {
        var payment = await Account.PayAsync(Ceiling);
        var refused = (await Web.PostAsync(Chat, Web.Chat("Hello", model: "no-such-model"), payment)).IsOpenAiError(HttpStatusCode.NotFound, "model_not_found");
        Assert.Equal("model", refused.Json.GetProperty("error").GetProperty("param").GetString());
        Assert.Contains("no-such-model", (await Web.PostAsync(new Uri(shared.Network.Vision, "v2/models/no-such-model/infer"), Image("1,1,8,8", 64), payment))
            .IsInferenceError(HttpStatusCode.NotFound), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Model_of_the_other_kind_is_refused()
    {
        var payment = await Account.PayAsync(Ceiling);
        (await Web.PostAsync(new Uri(shared.Network.Text, "v2/models/tiny-chat/infer"), Image("1,1,8,8", 64), payment)).IsInferenceError(HttpStatusCode.BadRequest);
        var chat = await Web.PostAsync(new Uri(shared.Network.Vision, "v1/chat/completions"), Web.Chat("Hello", model: "digits"), payment);
        Assert.Equal(HttpStatusCode.BadRequest, chat.Status);
        Assert.Equal("invalid_request_error", chat.Json.GetProperty("error").GetProperty("type").GetString());
    }

    [Theory]
    [InlineData("messages", """{"model":"tiny-chat"}""")]
    [InlineData("messages", """{"model":"tiny-chat","messages":[]}""")]
    [InlineData("max_tokens", """{"model":"tiny-chat","messages":[{"role":"user","content":"x"}],"max_tokens":-1}""")]
    [InlineData("max_tokens", """{"model":"tiny-chat","messages":[{"role":"user","content":"x"}],"max_tokens":1024}""")]
    [InlineData("temperature", """{"model":"tiny-chat","messages":[{"role":"user","content":"x"}],"temperature":"hot"}""")]
    [InlineData("stream", """{"model":"tiny-chat","messages":[{"role":"user","content":"x"}],"stream":"yes"}""")]
    public async Task Chat_request_with_a_wrong_member_names_it(string member, string body)
    {
        var answer = await Web.PostAsync(Chat, body, await Account.PayAsync(Ceiling));
        Assert.True(answer.Status == HttpStatusCode.BadRequest, $"{answer.Status}: {answer.Body}");
        Assert.StartsWith(member, answer.Json.GetProperty("error").GetProperty("param").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Body_over_the_limit_is_refused_whether_or_not_it_tells_its_length()
    {
        var payment = await Account.PayAsync(Ceiling);
        var large = new string(' ', MaxBody + 1);
        (await Web.PostAsync(Chat, large, payment)).IsOpenAiError(HttpStatusCode.RequestEntityTooLarge, "request_too_large");
        (await Web.PostAsync(Infer, large, payment)).IsInferenceError(HttpStatusCode.RequestEntityTooLarge);

        using var chunked = Web.Request(Chat, large, payment);
        chunked.Headers.TransferEncodingChunked = true;
        using var answer = await Web.Client.SendAsync(chunked);
        (await Answer.ReadAsync(answer)).IsOpenAiError(HttpStatusCode.RequestEntityTooLarge, "request_too_large");
    }

    [Theory]
    [InlineData("1,1,4,4", 16)]
    [InlineData("8,8", 64)]
    [InlineData("1,1,8,8", 63)]
    [InlineData("1,1,8,8", 65)]
    [InlineData("0,1,8,8", 0)]
    [InlineData("-1,1,8,8", 64)]
    [InlineData("4611686018427387904,4,8,8", 64)]
    public async Task Tensor_of_the_wrong_shape_is_refused(string shape, int values) =>
        (await Web.PostAsync(Infer, Image(shape, values), await Account.PayAsync(Ceiling))).IsInferenceError(HttpStatusCode.BadRequest);

    [Theory]
    [InlineData("FP32", "INT64")]
    [InlineData("FP32", "FP99")]
    [InlineData("image", "picture")]
    public async Task Tensor_of_the_wrong_type_or_name_is_refused(string right, string wrong) =>
        (await Web.PostAsync(Infer, Image("1,1,8,8", 64).Replace(right, wrong, StringComparison.Ordinal), await Account.PayAsync(Ceiling))).IsInferenceError(HttpStatusCode.BadRequest);

    [Fact]
    public async Task Voucher_with_a_wrong_signature_is_refused() =>
        IsDemand(await Web.PostAsync(Chat, Web.Chat("Hello"), Account.ForgedVoucher(before + Ceiling)), BatchSettlementError.VoucherSignature);

    [Fact]
    public async Task Voucher_over_the_escrow_is_refused()
    {
        var demand = IsDemand(await Web.PostAsync(Chat, Web.Chat("Hello"), Account.Voucher(new TokenAmount(50_000_001))), BatchSettlementError.ExceedsBalance);
        Assert.Equal(new TokenAmount(50_000_000), demand.Extra.ChannelState!.Balance);
    }

    [Theory]
    [InlineData("garbage")]
    [InlineData("bnVsbA==")]
    [InlineData("eyJ4NDAyVmVyc2lvbiI6Mn0=")]
    public async Task Payment_that_cannot_be_read_is_a_bad_request(string header)
    {
        var answer = await Web.PostAsync(Chat, Web.Chat("Hello"), header);
        Assert.True(answer.Status == HttpStatusCode.BadRequest, $"{answer.Status}: {answer.Body}");
        Assert.Equal(2, answer.Json.GetProperty("x402Version").GetInt32());
        Assert.False(string.IsNullOrEmpty(answer.Json.GetProperty("message").GetString()));
    }

    [Fact]
    public async Task Replayed_voucher_is_refused_with_the_books_that_correct_it()
    {
        var request = Web.Chat("What is 3 + 4?", maxTokens: 4);
        var voucher = await Account.PayAsync(Account.Offer(await Web.PostAsync(Chat, request)).Amount);
        (await Web.PostAsync(Chat, request, voucher)).IsOk();
        before = await Account.ReadSettledAsync();

        var demand = IsDemand(await Web.PostAsync(Chat, request, voucher), BatchSettlementError.AmountMismatch);
        Assert.Equal(before, demand.Extra.ChannelState!.ChargedCumulativeAmount);
        Assert.Equal(Account.Channel, demand.Extra.ChannelState.ChannelId);
        Assert.NotNull(demand.Extra.VoucherState!.Signature);
    }

    private static PaymentRequirements IsDemand(Answer answer, string error)
    {
        Assert.True(answer.Status == HttpStatusCode.PaymentRequired, $"{answer.Status}: {answer.Body}");
        Assert.Equal(error, Account.Required(answer).Error);
        Assert.Equal(error, answer.Json.GetProperty("error").GetString());
        return Account.Offer(answer);
    }

    private static string Image(string shape, int values) =>
        $$$"""{"inputs":[{"name":"image","shape":[{{{shape}}}],"datatype":"FP32","data":[{{{string.Join(',', Enumerable.Repeat("0.5", values))}}}]}]}""";
}
