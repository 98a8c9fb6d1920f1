using System.Net;
using Ncn.Client.Paying;
using Ncn.Protocol;

namespace Ncn.Client.Tests.Paying;

/// <summary>A payer gets what it was charged in writing, believes no statement that is worth nothing, and goes on paying meanwhile.</summary>
public sealed class ChannelBooksTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory();
    private readonly Signer client = Receipts.Key(1);
    private readonly Signer seller = Receipts.Key(2);
    private readonly LedgerGateway gateway;
    private readonly MovingTime time = new();

    public ChannelBooksTests() => gateway = new LedgerGateway(seller.Address) { Key = seller };

    private ChannelConfig Config => new(client.Address, client.Address, seller.Address, seller.Address, LedgerGateway.Token, 900, default);

    public void Dispose()
    {
        client.Dispose();
        seller.Dispose();
        gateway.Dispose();
        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task A_statement_is_kept_and_the_next_voucher_is_above_it()
    {
        var (payer, http) = Client();
        await http.GetStringAsync("work?ceiling=100&cost=60");
        var report = await new ChannelBooks(payer, http).StateAsync(Config);

        Assert.Equal((new TokenAmount(100), new TokenAmount(60)), (report.Statement.Message.MaxClaimableAmount, report.Statement.Message.Charged));
        Assert.Equal((new TokenAmount(60), default), (report.Accounted, report.Unaccounted));
        Assert.Equal([report.Statement], Client().Payer.Statements(Config));
        await http.GetStringAsync("work?ceiling=10&cost=5");
        Assert.Equal(new TokenAmount(101), gateway.VoucherMax);
        Assert.Equal(2, gateway.Demands);
    }

    [Fact]
    public async Task A_process_that_does_not_know_of_the_statement_is_corrected()
    {
        var (payer, http) = Client();
        await http.GetStringAsync("work?ceiling=100&cost=60");
        await new ChannelBooks(payer, http).StateAsync(Config);
        Directory.GetFiles(folder.FullName, "*.json").ToList().ForEach(File.Delete);
        var (_, other) = Client();

        Assert.Equal("done", await other.GetStringAsync("work?ceiling=10&cost=5"));
        Assert.Equal(new TokenAmount(65), gateway.Charged);
    }

    [Fact]
    public async Task A_total_that_was_signed_and_never_taken_is_covered_too()
    {
        var (payer, http) = Client();
        await http.GetStringAsync("work?ceiling=100&cost=60");
        gateway.Balance = new TokenAmount(120);
        using (var refused = await http.GetAsync("work?ceiling=100&cost=60"))
        {
            Assert.Equal(HttpStatusCode.PaymentRequired, refused.StatusCode);
        }

        var report = await new ChannelBooks(payer, http).StateAsync(Config);

        Assert.Equal(new TokenAmount(160), report.Statement.Message.MaxClaimableAmount);
        Directory.GetFiles(folder.FullName, "*.json").ToList().ForEach(File.Delete);
        gateway.Balance = new TokenAmount(1_000);
        Assert.Equal("done", await Client().Http.GetStringAsync("work?ceiling=10&cost=5"));
    }

    [Fact]
    public async Task Requests_side_by_side_with_statements_all_get_through()
    {
        var (payer, http) = Client();
        await http.GetStringAsync("work?ceiling=100&cost=60");
        var books = new ChannelBooks(payer, http);
        var (work, statements) = (Enumerable.Range(0, 60).Select(_ => http.GetStringAsync("work?ceiling=100&cost=40")).ToArray(), 0);
        // No more than one request follows: with bad luck each statement comes between the same one's signature and its arrival.
        while (statements < PayingHandler.MaxCorrections)
        {
            try
            {
                time.Advance(5_001);
                await books.StateAsync(Config);
                statements++;
            }
            catch (NcnException refused) when (refused.Code == "InFlight")
            {
                await Task.Yield();
            }
        }

        Assert.All(await Task.WhenAll(work), static done => Assert.Equal("done", done));
        Assert.Equal(new TokenAmount(60 + (60 * 40)), gateway.Charged);
    }

    [Fact]
    public async Task While_a_request_is_in_flight_the_refusal_says_so()
    {
        var (payer, http) = Client();
        gateway.Serving = async _ =>
        {
            var refusal = await Assert.ThrowsAsync<NcnException>(() => new ChannelBooks(payer, http).StateAsync(Config));
            Assert.Equal((HttpStatusCode.Conflict, "InFlight", "No statement: InFlight."), (refusal.Status, refusal.Code, refusal.Message));
        };
        await http.GetStringAsync("work?ceiling=100&cost=60");
        Assert.Empty(payer.Statements(Config));
    }

    public static TheoryData<string, Func<ChannelStatement, ChannelStatement>> WorthlessStatements => new()
    {
        { "was not kept: it is about the escrow", static said => said with { Payment = Address.Zero } },
        { "was not kept: it is about the channel", static said => said with { ChannelId = default } },
        { "was not kept: it covers vouchers up to 99", static said => said with { MaxClaimableAmount = new(99) } },
        { "was not kept: it says that 101 were charged", static said => said with { Charged = new(101) } },
    };

    [Theory]
    [MemberData(nameof(WorthlessStatements), DisableDiscoveryEnumeration = true)]
    public async Task A_worthless_statement_is_not_kept(string problem, Func<ChannelStatement, ChannelStatement> change)
    {
        var (payer, http) = Client();
        await http.GetStringAsync("work?ceiling=100&cost=60");
        gateway.Statement = change;
        var refusal = await Assert.ThrowsAsync<PaymentException>(() => new ChannelBooks(payer, http).StateAsync(Config));
        Assert.Contains(problem, refusal.Message, StringComparison.Ordinal);
        Assert.Empty(payer.Statements(Config));
    }

    [Fact]
    public async Task A_statement_that_another_key_signed_is_not_kept()
    {
        var (payer, http) = Client();
        await http.GetStringAsync("work?ceiling=100&cost=60");
        gateway.Key = Receipts.Node;
        var refusal = await Assert.ThrowsAsync<PaymentException>(() => new ChannelBooks(payer, http).StateAsync(Config));
        Assert.Contains("not signed by the receiver", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_charged_for_no_answer_stands_out()
    {
        var (payer, http) = Client();
        await http.GetStringAsync("work?ceiling=100&cost=60");
        gateway.Serving = static _ => throw new HttpRequestException("the connection broke");
        await Assert.ThrowsAsync<HttpRequestException>(() => http.GetStringAsync("work?ceiling=100&cost=60"));
        gateway.ChargeInFlight(new(70));

        var report = await new ChannelBooks(payer, http).StateAsync(Config);

        Assert.Equal((new TokenAmount(60), new TokenAmount(70)), (report.Accounted, report.Unaccounted));
    }

    [Fact]
    public async Task An_over_claim_is_found_and_judged_by_what_was_signed_since()
    {
        var (payer, http) = Client();
        await http.GetStringAsync("work?ceiling=100&cost=60");
        var statement = (await new ChannelBooks(payer, http).StateAsync(Config)).Statement;
        var (statements, mine) = (payer.Statements(Config), await payer.ReadAsync(Config, default));

        Assert.Null(StatementCheck.Find(statements, mine, new(60)));
        Assert.Equal(new OverClaim(statement, new(1), CanBeAnswered: false), StatementCheck.Find(statements, mine, new(61)));
        await http.GetStringAsync("work?ceiling=100&cost=10");
        Assert.Equal(new OverClaim(statement, new(10), CanBeAnswered: true), StatementCheck.Find(statements, await payer.ReadAsync(Config, default), new(70)));
    }

    [Fact]
    public async Task The_gateways_books_can_be_read()
    {
        var (payer, http) = Client();
        await http.GetStringAsync("work?ceiling=100&cost=60");
        var account = await new ChannelBooks(payer, http).ReadAsync(Config);
        Assert.Equal((new TokenAmount(60), new TokenAmount(100), default), (account.Charged, account.VoucherMax, account.Reserved));
    }

    private (Payer Payer, HttpClient Http) Client()
    {
        var payer = new Payer(
            client,
            new PayerOptions
            {
                ChainId = LedgerGateway.ChainId,
                InferencePayment = LedgerGateway.Escrow,
                ValidatorRegistry = Receipts.Domain.VerifyingContract,
                Token = LedgerGateway.Token,
                StateDirectory = folder.FullName,
                MaxPerRequest = new TokenAmount(1000),
                MaxTotal = new TokenAmount(100_000),
            },
            time);
        return (payer, new HttpClient(new PayingHandler(payer, gateway), disposeHandler: false) { BaseAddress = new Uri("http://gateway.test/") });
    }

    private sealed class MovingTime : TimeProvider
    {
        private long milliseconds = 1_790_000_000_000;

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds(Interlocked.Read(ref milliseconds));

        public void Advance(long by) => Interlocked.Add(ref milliseconds, by);
    }
}
