using Dapr.Actors.Client;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Ncn.Actors;
using Ncn.Payments.Channels;
using Ncn.Protocol;
using Ncn.Serving.Hosting;
using Ncn.Serving.Payments;
using Ncn.Serving.Payments.Turns;
using Ncn.Serving.Requests;
using Ncn.Serving.Tests.Payments;
using Ncn.Serving.Tests.Routing;

namespace Ncn.Serving.Tests.Crashes;

/// <summary>A request with one death on its way, and all that follows until its client has the answer and the books are closed.</summary>
internal sealed class CrashTrial(ScriptedNode[] nodes, Signer signer, Victim victim, bool isStream, string? fatal)
{
    private const int DyingAt = 2;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private readonly CrashClient _client = new(signer, isStream);
    private Life _life = new(victim, fatal);
    private bool _firstDied;

    /// <summary>What the answer is, whoever dies.</summary>
    public static string Answer { get; } = "0 1 2 3 ";

    /// <summary>Whether somebody died: a point that depends on time, such as a view that is read anew, is not passed each time.</summary>
    public bool WasFatal { get; private set; }

    /// <summary>Runs it; the points that the request passed in its first life, and what its client paid.</summary>
    public async Task<(IReadOnlyList<string> Points, TokenAmount Cost)> RunAsync()
    {
        Script();
        var first = _life;
        await using var gateway = Begin(null, 0);
        var heard = await AskAsync(gateway);
        WasFatal = first.Died.IsCompleted;
        first.Mend();
        gateway.JoinAnew();
        await using var next = first.IsOver ? Begin(gateway.Actors, 1) : null;
        _life = new Life(Victim.Client, fatal: null);
        return (first.Points, await CloseAsync(next ?? gateway, heard));
    }

    // Unpaid, then paid; and what the gateway does afterwards by itself.
    private async Task<Heard> AskAsync(RoutedGateway gateway)
    {
        if ((await _client.SendAsync(gateway, _life, isPaid: false)).Status == 402)
        {
            await Task.WhenAny(_life.PassAsync(CrashSteps.Priced), _life.Over);
        }

        var sent = _client.SendAsync(gateway, _life, isPaid: true);
        _ = _life.Died.ContinueWith(_ => gateway.JoinAnew(), TaskScheduler.Default);
        var heard = await sent.WaitAsync(Limit);
        await Task.WhenAny(FlushAsync(gateway), _life.Died).WaitAsync(Limit);
        return heard;
    }

    private async Task<TokenAmount> CloseAsync(RoutedGateway gateway, Heard before)
    {
        if (before.IsWhole)
        {
            // It has no reason to come back.
            await CheckBooksAsync(gateway, before.Cost!.Value);
        }

        var answer = await RepeatAsync(gateway);
        Assert.Equal(Answer, answer.Text);
        Assert.StartsWith(before.Text, answer.Text, StringComparison.Ordinal);
        Assert.Equal(answer.Cost, before.Cost ?? answer.Cost);
        await CheckBooksAsync(gateway, answer.Cost!.Value);
        var again = await RepeatAsync(gateway);
        Assert.Equal((answer.Text, answer.Cost), (again.Text, again.Cost));
        await CheckBooksAsync(gateway, answer.Cost!.Value);
        return answer.Cost.Value;
    }

    // What was not for the client's fault is told as such, and the client tries again.
    private async Task<Heard> RepeatAsync(RoutedGateway gateway)
    {
        for (var begun = DateTime.UtcNow; ;)
        {
            var heard = await _client.SendAsync(gateway, _life, isPaid: true).WaitAsync(Limit);
            if (heard.IsWhole)
            {
                return heard;
            }

            Assert.True(heard.Status is 200 or >= 500, $"A repeat was answered {heard.Status}.");
            Assert.True(DateTime.UtcNow - begun < Limit, $"No repeat was answered; the last one got {heard.Status} and '{heard.Text}'.");
            await Task.Delay(20);
        }
    }

    // To the unit, and nothing held: neither of the client's money nor of the gateway's at its nodes.
    private async Task CheckBooksAsync(RoutedGateway gateway, TokenAmount cost)
    {
        await gateway.Get<KeptAnswers>().WhenKnownAsync().WaitAsync(Limit);
        await gateway.Get<ChannelTurns>().FlushAsync(gateway.ClientChannel(signer).Id(gateway.Identity.PaymentsDomain), CancellationToken.None).WaitAsync(Limit);
        var ledger = gateway.Actors.Channel(gateway.ClientChannel(signer).Id(gateway.Identity.PaymentsDomain)).State;
        Assert.Equal((cost, TokenAmount.Zero), (ledger.Charged, ledger.Reserved));
        Assert.Empty(ledger.Reservations);
        foreach (var channel in NodeChannels(gateway))
        {
            await gateway.Get<ChannelTurns>().FlushAsync(channel, CancellationToken.None);
            Assert.Empty(gateway.Actors.Channel(channel).State.Reservations);
        }
    }

    private static Task FlushAsync(RoutedGateway gateway) => gateway.Get<ChannelTurns>().StopAsync(CancellationToken.None);

    private RoutedGateway Begin(MemoryActors? registry, ulong number)
    {
        var life = _life = number == 0 ? _life : new Life(Victim.Client, fatal: null);
        return RoutedGateway.Over(nodes, registry, number, (services, actors) => services
            .AddSingleton<IActorProxyFactory>(parts => new MortalActors(actors, life, id => NameOf(parts.GetRequiredService<GatewayIdentity>(), id)))
            .AddSingleton<IEscrowReader>(new MortalEscrow(life))
            .AddSingleton(Options.Create(new ChannelOptions { KeepMilliseconds = 50 })));
    }

    private string NameOf(GatewayIdentity gateway, string actor) =>
        ActorTypes.IdOf(RoutedGateway.ClientChannel(gateway, signer).Id(gateway.PaymentsDomain)).GetId() == actor ? "client's channel"
        : nodes.Any(node => ActorTypes.IdOf(NodeChannel.Config(gateway.Address, node.Address, gateway.Token).Id(gateway.PaymentsDomain)).GetId() == actor) ? "node's channel"
        : "another actor";

    private IEnumerable<ChannelId> NodeChannels(RoutedGateway gateway) =>
        nodes.Select(node => NodeChannel.Config(gateway.Identity.Address, node.Address, gateway.Identity.Token).Id(gateway.Identity.PaymentsDomain));

    // A streamed answer is begun by a node that dies in the middle of it, whoever else dies.
    private void Script()
    {
        foreach (var node in nodes)
        {
            node.Tokens = 4;
            node.BeforeAnswer = _ => LiveAsync(node, "a node has the job");
            node.BeforeToken = token => token == DyingAt && isStream && !_firstDied ? DieAsync() : LiveAsync(node, "a node has a token");
            node.BeforeReceipt = () => LiveAsync(node, CrashSteps.Receipt);
        }
    }

    private Task LiveAsync(ScriptedNode node, string point) => _life.PassNode(node.Address, point) ? throw Gone() : Task.CompletedTask;

    private async Task DieAsync()
    {
        _firstDied = true;
        await Task.WhenAny(_life.PassAsync(CrashSteps.NodeDied), _life.Over);
        throw Gone();
    }

    private static RpcException Gone() => new(new Status(StatusCode.Unavailable, "the process was killed"));

    private sealed class MortalEscrow(Life life) : IEscrowReader
    {
        private readonly MemoryGateway.MemoryEscrow _chain = new();

        public async Task<EscrowView> ReadAsync(ChannelId channel, CancellationToken cancellationToken)
        {
            await life.PassAsync("before an escrow is read");
            var view = await _chain.ReadAsync(channel, cancellationToken);
            await life.PassAsync("after an escrow is read");
            return view;
        }
    }
}
