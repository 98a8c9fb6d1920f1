using System.Net;
using System.Text.Json;
using Ncn.Client.Paying;
using Ncn.Payments.X402;
using Ncn.Protocol;

namespace Ncn.Client.Tests.Paying;

public sealed class PayingHandlerTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory();
    private readonly Signer client = Receipts.Key(1);
    private readonly LedgerGateway gateway = new(Receipts.Key(2).Address);

    public void Dispose()
    {
        client.Dispose();
        gateway.Dispose();
        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task A_402_is_paid_and_only_what_was_used_is_charged()
    {
        using var http = Client();
        Assert.Equal("done", await http.GetStringAsync("work?ceiling=100&cost=60"));
        Assert.Equal("done", await http.GetStringAsync("work?ceiling=100&cost=10"));
        Assert.Equal(new TokenAmount(70), gateway.Charged);
        // The second request was covered by 60 charged and 100 of ceiling, nothing more.
        Assert.Equal(new TokenAmount(160), gateway.VoucherMax);
    }

    [Fact]
    public async Task Many_requests_share_a_channel_at_once()
    {
        using var http = Client();
        var allIn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var running = 0;
        gateway.Serving = _ =>
        {
            if (Interlocked.Increment(ref running) == 24)
            {
                allIn.SetResult();
            }

            return allIn.Task;
        };
        await Task.WhenAll(Enumerable.Range(0, 24).Select(_ => http.GetStringAsync("work?ceiling=100&cost=40")));
        Assert.Equal(new TokenAmount(24 * 40), gateway.Charged);
        Assert.Equal(new TokenAmount(24 * 100), gateway.VoucherMax);
    }

    [Fact]
    public async Task Two_processes_with_one_key_and_folder_agree()
    {
        using var first = Client();
        using var second = Client();
        await Task.WhenAll(Enumerable.Range(0, 16).Select(i => (i % 2 == 0 ? first : second).GetStringAsync("work?ceiling=100&cost=100")));
        Assert.Equal(new TokenAmount(1600), gateway.Charged);
        Assert.Equal(gateway.VoucherMax, gateway.Charged);
    }

    [Fact]
    public async Task The_channel_file_holds_the_total_before_the_voucher_leaves()
    {
        using var http = Client();
        gateway.Serving = voucher =>
        {
            using var stored = JsonDocument.Parse(File.ReadAllBytes(Directory.GetFiles(folder.FullName, "*.json").Single()));
            Assert.Equal(voucher.MaxClaimableAmount.ToString(), stored.RootElement.GetProperty("signed").GetString());
            return Task.CompletedTask;
        };
        await http.GetStringAsync("work?ceiling=100&cost=60");
    }

    [Fact]
    public async Task After_the_folder_is_lost_the_sellers_proof_is_taken_over()
    {
        using (var http = Client())
        {
            await http.GetStringAsync("work?ceiling=100&cost=60");
        }

        Directory.GetFiles(folder.FullName).ToList().ForEach(File.Delete);
        using var again = Client();
        Assert.Equal("done", await again.GetStringAsync("work?ceiling=100&cost=60"));
        Assert.Equal(new TokenAmount(120), gateway.Charged);
    }

    [Fact]
    public async Task A_request_that_broke_off_unpaid_for_sure_or_not_is_made_up_for_by_a_correction()
    {
        using var http = Client();
        gateway.Serving = _ => throw new HttpRequestException("the connection broke");
        await Assert.ThrowsAsync<HttpRequestException>(() => http.GetStringAsync("work?ceiling=100&cost=60"));
        gateway.Serving = _ => Task.CompletedTask;
        // The seller still holds 100 for the lost request, which we do not know: it corrects us.
        Assert.Equal("done", await http.GetStringAsync("work?ceiling=100&cost=60"));
        Assert.Equal(new TokenAmount(200), gateway.VoucherMax);
    }

    [Fact]
    public async Task A_stream_is_settled_from_its_last_event()
    {
        using var http = Client();
        var events = await http.GetStringAsync("work?ceiling=100&cost=60&stream=1");
        Assert.EndsWith("data: [DONE]\n\n", events, StringComparison.Ordinal);
        var stored = ReadChannel();
        Assert.Equal("60", stored.GetProperty("charged").GetString());
        Assert.Empty(stored.GetProperty("holds").EnumerateObject());
    }

    [Fact]
    public async Task A_stream_that_is_dropped_frees_its_hold()
    {
        using var http = Client();
        using (var answer = await http.GetAsync("work?ceiling=100&cost=60&stream=1", HttpCompletionOption.ResponseHeadersRead))
        {
            await using var events = await answer.Content.ReadAsStreamAsync();
            Assert.Equal(5, await events.ReadAtLeastAsync(new byte[5], 5));
        }

        Assert.Empty(ReadChannel().GetProperty("holds").EnumerateObject());
    }

    [Theory]
    [InlineData("work?ceiling=501&cost=1", "limit of one request is 500")]
    [InlineData("work?ceiling=500&cost=500", "the limit is 1000")]
    public async Task Limits_are_never_passed(string path, string expected)
    {
        using var http = Client(perRequest: 500, total: 1000);
        for (var paid = 0; paid < 2; paid++)
        {
            await http.GetStringAsync("work?ceiling=499&cost=499");
        }

        var signed = gateway.VoucherMax;
        var refusal = await Assert.ThrowsAsync<PaymentException>(() => http.GetStringAsync(path));
        Assert.Contains(expected, refusal.Message, StringComparison.Ordinal);
        Assert.Equal(signed, gateway.VoucherMax);
    }

    public static TheoryData<Func<PaymentRequirements, PaymentRequirements>> DishonestOffers => new()
    {
        static offer => offer with { Asset = Address.Parse("0x00000000000000000000000000000000000000dd") },
        static offer => offer with { Network = "eip155:1" },
        static offer => offer with { Scheme = "exact" },
        static offer => offer with { PayTo = Address.Parse("0x00000000000000000000000000000000000000dd") },
        offer => offer with { Extra = offer.Extra with { ChannelState = Books(charged: 5), VoucherState = null } },
        offer => offer with { Extra = offer.Extra with { ChannelState = Books(charged: 5), VoucherState = new VoucherStateView(new TokenAmount(50), Receipts.Signed.Signature) } },
    };

    [Theory]
    [MemberData(nameof(DishonestOffers), DisableDiscoveryEnumeration = true)]
    public async Task Dishonest_offers_are_refused_unsigned(Func<PaymentRequirements, PaymentRequirements> offer)
    {
        using var http = Client();
        gateway.Offer = offer;
        await Assert.ThrowsAsync<PaymentException>(() => http.GetStringAsync("work?ceiling=100&cost=60"));
        Assert.True(gateway.VoucherMax.IsZero);
    }

    [Fact]
    public async Task A_402_that_payment_cannot_mend_is_returned()
    {
        using var http = Client();
        gateway.Balance = new TokenAmount(50);
        using var answer = await http.GetAsync("work?ceiling=100&cost=60");
        Assert.Equal(HttpStatusCode.PaymentRequired, answer.StatusCode);
        Assert.InRange(gateway.Demands, 2, 2 + PayingHandler.MaxCorrections);
        Assert.Empty(ReadChannel().GetProperty("holds").EnumerateObject());
    }

    private static ChannelStateView Books(ulong charged) => new(default, new TokenAmount(1000), default, new TokenAmount(charged), default);

    private JsonElement ReadChannel()
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Directory.GetFiles(folder.FullName, "*.json").Single()));
        return document.RootElement.Clone();
    }

    private HttpClient Client(ulong perRequest = 1000, ulong total = 100_000)
    {
        var payer = new Payer(
            client,
            new PayerOptions
            {
                ChainId = LedgerGateway.ChainId,
                InferencePayment = LedgerGateway.Escrow,
                Token = LedgerGateway.Token,
                StateDirectory = folder.FullName,
                MaxPerRequest = new TokenAmount(perRequest),
                MaxTotal = new TokenAmount(total),
                Receivers = new HashSet<Address> { Receipts.Key(2).Address },
            },
            TimeProvider.System);
        return new HttpClient(new PayingHandler(payer, gateway), disposeHandler: false) { BaseAddress = new Uri("http://gateway.test/") };
    }
}
