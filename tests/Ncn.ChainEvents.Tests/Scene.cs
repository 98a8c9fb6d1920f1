using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Ncn.ChainEvents.Funding;
using Ncn.ChainEvents.Hosting;
using Ncn.ChainEvents.Settlement;
using Ncn.Protocol;
using Ncn.Tests.Escrow;

namespace Ncn.ChainEvents.Tests;

/// <summary>An operator with its app's parts, on a local chain.</summary>
internal sealed class Scene : IDisposable
{
    private readonly OperatorAccount _account;

    private Scene(LocalChain local, Party gateway, Dictionary<string, string?> settings)
    {
        (Local, Gateway) = (local, gateway);
        _account = new OperatorAccount(local.Settings, gateway.Key);
        var actors = new ChannelActors(Actors);
        var options = Options.Create(new ChainEventsOptions { Subnets = "1", MinimumClaim = 1000, MaximumAgeSeconds = 60 });
        Settler = new Settler(_account, actors, options, new StoppedTime(Now), NullLogger<Settler>.Instance);
        Funder = new NodeFunder(
            _account, actors, options, new ConfigurationBuilder().AddInMemoryCollection(settings).Build(), NullLogger<NodeFunder>.Instance);
    }

    /// <summary>Unix milliseconds.</summary>
    internal const ulong Now = 1_700_000_000_000;

    internal LocalChain Local { get; }

    internal Party Gateway { get; }

    internal LedgerActors Actors { get; } = new();

    internal Settler Settler { get; }

    internal NodeFunder Funder { get; }

    internal static async Task<Scene> CreateAsync(LocalChain local, ulong dollars = 0, bool free = false) => new(
        local, await local.NewPartyAsync(dollars), new Dictionary<string, string?> { ["Ncn:Network:FreeOfCharge"] = free ? "true" : null });

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

    public void Dispose()
    {
        Settler.Dispose();
        Funder.Dispose();
        _account.Dispose();
    }

    private sealed class StoppedTime(ulong now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds((long)now);
    }
}
