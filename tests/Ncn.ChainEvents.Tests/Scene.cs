using Azure.Data.Tables;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Ncn.Chain.Payment;
using Ncn.Chain.Transactions;
using Ncn.ChainEvents.Applying;
using Ncn.ChainEvents.Funding;
using Ncn.ChainEvents.Hosting;
using Ncn.ChainEvents.Settlement;
using Ncn.ChainEvents.Storage;
using Ncn.Payments.Channels;
using Ncn.Protocol;
using Ncn.Tests.Escrow;

namespace Ncn.ChainEvents.Tests;

/// <summary>An operator with its app's parts, on a local chain and real tables. The app can die and start again; its ledgers live elsewhere.</summary>
internal sealed class Scene : IDisposable
{
    private readonly Ground _ground;
    private readonly IConfiguration _configuration;
    private readonly string _tables = "t" + Guid.NewGuid().ToString("N");
    private readonly StoppedTime _time = new(Now);

    private Scene(Ground ground, Party gateway, Dictionary<string, string?> settings)
    {
        (_ground, Gateway) = (ground, gateway);
        _configuration = new ConfigurationBuilder().AddInMemoryCollection(settings).Build();
        Restart();
    }

    /// <summary>Unix milliseconds.</summary>
    internal const ulong Now = 1_700_000_000_000;

    internal LocalChain Local => _ground.Chain;

    internal Party Gateway { get; }

    /// <summary>Where the operator has stake, if it was created with some.</summary>
    internal SubnetId Subnet { get; private set; }

    internal LedgerActors Actors { get; } = new();

    internal OperatorAccount Account { get; private set; } = null!;

    internal Settler Settler { get; private set; } = null!;

    internal SettlementBook Book { get; private set; } = null!;

    internal NodeFunder Funder { get; private set; } = null!;

    internal NoticeApplier Applier { get; private set; } = null!;

    /// <summary>A journal that stands between the sender and the table, for the next start.</summary>
    internal Func<ITransactionJournal, ITransactionJournal> Journal { get; set; } = static journal => journal;

    internal static async Task<Scene> CreateAsync(Ground ground, ulong dollars = 0, bool free = false) => new(
        ground, await ground.Chain.NewPartyAsync(dollars), new Dictionary<string, string?> { ["Ncn:Network:FreeOfCharge"] = free ? "true" : null });

    /// <summary>The operator has a home subnet, so that what it is paid bears the fee.</summary>
    internal static async Task<Scene> CreateStakedAsync(Ground ground)
    {
        var scene = await CreateAsync(ground);
        scene.Subnet = await Stakeholder.StakeAsync(ground.Chain, scene.Gateway);
        return scene;
    }

    /// <summary>The app's process ends without a word and another one starts.</summary>
    internal void Restart()
    {
        End();
        var actors = new ChannelActors(Actors);
        var options = Options.Create(new ChainEventsOptions { Subnets = "1", MinimumClaim = 1000, MaximumAgeSeconds = 60 });
        Account = new OperatorAccount(Local.Settings, Gateway.Key, Journal(new TableTransactionJournal(() => TableAsync("j"))));
        Book = new SettlementBook(() => TableAsync("s"), "test", Account.Address);
        var finder = new ClaimFinder(Account, actors, options, NullLogger<ClaimFinder>.Instance);
        var views = new ChannelViews(Account, actors);
        var claims = new ClaimTransactions(Account, actors, views, Book, _time, NullLogger<ClaimTransactions>.Instance);
        Settler = new Settler(Account, finder, claims, Book, options, _time, NullLogger<Settler>.Instance);
        Funder = new NodeFunder(Account, actors, options, _configuration, NullLogger<NodeFunder>.Instance);
        Applier = new NoticeApplier(
            Account, views, new SubnetViews(Account, actors, options), Settler, finder,
            new DisputeDesk(Account, actors, NullLogger<DisputeDesk>.Instance), NullLogger<NoticeApplier>.Instance);
    }

    /// <summary>A client with a dollar in its channel, and a request served to it.</summary>
    internal async Task<(Party Client, ChannelConfig Config)> ServeAsync(ulong charged, ulong servedAt = Now)
    {
        var client = await Local.NewPartyAsync(1);
        var config = client.ChannelTo(Gateway);
        await client.FundAsync(config, LocalChain.Dollar);
        Actors.Subnet.Channels.Add(client.IdOf(config));
        Actors.Channel(client.IdOf(config)).Serve(servedAt, client.Promise(config, charged, charged).Voucher, new TokenAmount(charged));
        return (client, config);
    }

    internal NodeRecord Join(Party node, ModelPrice price)
    {
        var model = new ModelOffer(default, "digits", "1", ModelOffer.Tensor, price, 0, 8, 1024, "CPU", [], []);
        var record = new NodeRecord(node.Address, 1, "127.0.0.1:1", [1], [model], 1, HexBytes.Empty, Now, Now + 1);
        Actors.Subnet.Nodes.Add(record);
        return record;
    }

    internal static Task<ChannelView> ReadAsync((Party Client, ChannelConfig Config) channel) =>
        channel.Client.Payments.ReadChannelAsync(channel.Client.IdOf(channel.Config));

    internal Task<ChannelResult> LedgerAsync((Party Client, ChannelConfig Config) channel) =>
        Actors.Channel(channel.Client.IdOf(channel.Config)).GetAsync();

    internal async Task<TableClient> TableAsync(string name)
    {
        var table = new TableClient(_ground.Tables, _tables + name);
        await table.CreateIfNotExistsAsync();
        return table;
    }

    public void Dispose() => End();

    private void End()
    {
        Settler?.Dispose();
        Funder?.Dispose();
        Account?.Dispose();
    }

    private sealed class StoppedTime(ulong now) : TimeProvider
    {
        private long _steps;

        // Each look is a millisecond later, so that claims are listed in the order in which they were made.
        public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds((long)now + Interlocked.Increment(ref _steps));
    }
}
