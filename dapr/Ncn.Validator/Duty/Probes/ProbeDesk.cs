using System.Net;
using System.Net.Http.Headers;
using Ncn.Chain;
using Ncn.Client.Paying;
using Ncn.Hosting;
using Ncn.Protocol;
using Ncn.Validator.Durable;

namespace Ncn.Validator.Duty.Probes;

/// <summary>What probes cost and where they stand, for the operator alone: who saw it change would know when one was sent.</summary>
/// <param name="Budget">Of an epoch, atomic units, like what follows; 0: none are sent.</param>
/// <param name="Spent">Of it in this epoch, and what is on its way at its most.</param>
/// <param name="Sent">Requests since the beginning, like what follows.</param>
/// <param name="Open">Of these, those that are not checked yet.</param>
/// <param name="Checked">Those whose receipts were checked, and nothing had to be shown.</param>
/// <param name="Shown">Those that the ledger was shown.</param>
/// <param name="Lost">Those that were never answered, or whose receipts nobody could check in time.</param>
/// <param name="PursesLeft">Keys that can pay for more.</param>
/// <param name="PlantBudget">What an epoch's plants may cost when they are opened; 0: none are ordered.</param>
/// <param name="SpentOnPlants">Of it in this epoch, and of one that is open its most.</param>
internal sealed record ProbeReport(
    ulong Epoch, TokenAmount Budget, TokenAmount Spent, TokenAmount Left, TokenAmount SpentInAll, ulong Sent, int Open, ulong Checked, ulong Shown, ulong Lost, int PursesLeft,
    TokenAmount PlantBudget, TokenAmount SpentOnPlants);

/// <summary>The means of a validator that sends probes.</summary>
/// <param name="Budget">Of an epoch, atomic units.</param>
/// <param name="MostPerRequest">Atomic units.</param>
/// <param name="SharePpm">Of the traffic.</param>
/// <param name="Plants">Answers falsely when it is told to; null for no plants.</param>
internal sealed record ProbeDesk(TokenAmount Budget, TokenAmount MostPerRequest, uint SharePpm, IReadOnlyList<Purse> Purses, ProbeJournal Journal, ProbeShapes Shapes, PlantNode? Plants = null) : IDisposable
{
    private static readonly TimeSpan OrderPatience = TimeSpan.FromSeconds(10);

    /// <summary>Purses that the ledger has not shown to be a validator's.</summary>
    internal IReadOnlyList<Purse> Live => [.. Purses.Where(purse => !Journal.Books.ShownPurses.Contains(purse.Address))];

    /// <summary>Opens the purses and the books in a folder.</summary>
    /// <param name="inKeys">Path of a key file.</param>
    /// <param name="gateways">Each purse pays one of them, in turns; at least 1.</param>
    /// <param name="operatorToken">Goes with orders to the operator's own node.</param>
    /// <exception cref="InvalidOperationException">A key file is missing, or is no key.</exception>
    internal static ProbeDesk Open(
        ProbeOptions options, ChainSettings settings, Func<string, string> inKeys, string folder, IReadOnlyList<Uri> gateways, string? operatorToken, TimeProvider time)
    {
        var most = new TokenAmount((ulong)options.MostPerRequest);
        var purses = options.PurseFiles.Select((file, place) => OpenPurse(options, settings, inKeys(file), folder, gateways[place % gateways.Count], time)).ToArray();
        return new ProbeDesk(new TokenAmount((ulong)options.Budget), most, (uint)options.SharePpm, purses, new ProbeJournal(LocalDisk.Instance, Path.Combine(folder, "probes")), new ProbeShapes(), OpenPlants(options, operatorToken));
    }

    internal ProbeReport Report(ulong epoch)
    {
        var books = Journal.Books;
        var left = books.LeftIn(epoch, Budget);
        return new ProbeReport(epoch, Budget, epoch == books.Epoch ? books.Spent : default, left, books.SpentInAll, books.Sent, books.Open.Length, books.Checked, books.Shown, books.Lost, Live.Count,
            Plants?.Budget ?? default, epoch == books.Epoch ? books.SpentOnPlants : default);
    }

    public void Dispose()
    {
        foreach (var purse in Purses)
        {
            purse.Dispose();
        }

        Plants?.Dispose();
    }

    private static PlantNode? OpenPlants(ProbeOptions options, string? operatorToken)
    {
        if (options.PlantBudget == 0)
        {
            return null;
        }

        var http = new HttpClient { BaseAddress = options.PlantNode, Timeout = OrderPatience };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", operatorToken);
        return new PlantNode(Address.Parse(options.PlantNodeAddress!), new TokenAmount((ulong)options.PlantBudget), http);
    }

    private static Purse OpenPurse(ProbeOptions options, ChainSettings settings, string file, string folder, Uri gateway, TimeProvider time)
    {
        var (signer, hex) = (KeyFile.Load(file), KeyFile.ReadHex(file));
        var paying = new PayerOptions
        {
            ChainId = settings.ChainId, InferencePayment = settings.InferencePayment, ValidatorRegistry = settings.ValidatorRegistry, Token = settings.Token,
            StateDirectory = Path.Combine(folder, "purses", signer.Address.ToString()), MaxPerRequest = new TokenAmount((ulong)options.MostPerRequest), MaxTotal = new TokenAmount(UInt128.One << 96),
        };
        return new Purse(signer, gateway, paying, (payer, inner) => new PurseChannel(new ChainConnection(settings, hex), signer, payer, new TokenAmount((ulong)options.Deposit), inner, time), Transport(options.Proxy), time);
    }

    // Nothing of this process goes with a request: no trace, no cookie.
    private static SocketsHttpHandler Transport(Uri? proxy) =>
        new() { UseProxy = proxy is not null, Proxy = proxy is null ? null : new WebProxy(proxy), UseCookies = false, ActivityHeadersPropagator = null };
}
