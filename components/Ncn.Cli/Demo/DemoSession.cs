using Ncn.Chain;
using Ncn.Cli.Network;
using Ncn.Cli.Using;
using Ncn.Client;
using Ncn.Client.Inference;
using Ncn.Protocol;
using Spectre.Console;

namespace Ncn.Cli.Demo;

/// <summary>What the acts of the demo share: the network, the wallet, and the evidence collected so far.</summary>
internal sealed class DemoSession : IDisposable
{
    private readonly List<Evidence> evidence = [];

    public DemoSession(StateFolder state, NetworkDescription network)
    {
        (State, Network) = (state, network);
        Wallet = new ClientWallet(state, SpendingLimits.Local);
        Chain = new ChainConnection(Wallet.Settings.ToChain());
        Operator = new HttpClient { Timeout = TimeSpan.FromSeconds(60) };
        Operator.DefaultRequestHeaders.Authorization = new("Bearer", Wallet.Settings.OperatorToken);
        Text = Wallet.For(GatewayOf(ChatCommand.DefaultModel));
        Vision = Wallet.For(GatewayOf(DigitImages.Model));
    }

    public StateFolder State { get; }

    public NetworkDescription Network { get; }

    public ClientWallet Wallet { get; }

    /// <summary>Reads the chain.</summary>
    public ChainConnection Chain { get; }

    /// <summary>Calls the operators' endpoints.</summary>
    public HttpClient Operator { get; }

    /// <summary>The gateway of chat models.</summary>
    public NcnClient Text { get; }

    /// <summary>The gateway of image models.</summary>
    public NcnClient Vision { get; }

    /// <summary>Every paid answer so far.</summary>
    public IReadOnlyList<Evidence> Answers => evidence;

    /// <summary>What all answers so far have cost.</summary>
    public TokenAmount Spent => evidence.Aggregate(TokenAmount.Zero, (sum, entry) => sum + entry.Member.Cost);

    public static void Title(string text) => AnsiConsole.Write(new Rule($"[bold]{Markup.Escape(text)}[/]").LeftJustified());

    /// <summary>Keeps an answer's evidence and returns it.</summary>
    public NcnMember Keep(string what, IReadOnlyList<ServedModel> models, string model, NcnMember? member)
    {
        var found = member ?? throw new CliException($"{what} came without a receipt.");
        evidence.Add(new Evidence(what, found, [.. models.Where(served => served.Id == model).SelectMany(served => served.Digests)]));
        return found;
    }

    public void Dispose()
    {
        Operator.Dispose();
        Chain.Dispose();
        Wallet.Dispose();
    }

    private Uri GatewayOf(string model) => new(Network.Gateways.First(gateway => gateway.Models.Contains(model)).Http + "/");
}

/// <summary>One answer's receipt, with the digests that its model is offered under.</summary>
internal sealed record Evidence(string What, NcnMember Member, IReadOnlyList<ModelDigest> Digests);
