using Ncn.Payments.Channels;
using Ncn.Simulation.Actors;
using Ncn.Simulation.Kernel;

namespace Ncn.Simulation.Roles;

/// <summary>The chain-events app: reads events in order, tells the ledgers, and claims what was charged.</summary>
internal sealed class ChainEventsProcess(World world, ChainProcess chain, RegistryProcess registry, int clients) : Process(world, "chain-events")
{
    private const ulong Interval = 2_000;
    private const ulong ClaimInterval = 12_000;
    private const ulong Patience = 1_500;
    private const string Cursor = "cursor";

    internal override void Start()
    {
        _ = FollowAsync();
        _ = ClaimAllAsync();
    }

    private async Flow FollowAsync()
    {
        while (true)
        {
            await Sleep(Interval);
            var cursor = int.Parse(Disk.Read<string>(Cursor) ?? "0", System.Globalization.CultureInfo.InvariantCulture);
            if (await Ask(chain, new EventsCall(cursor), Patience) is ChainEvent[] { Length: > 0 } events)
            {
                await FollowAsync(cursor, events);
            }
        }
    }

    private async Flow FollowAsync(int cursor, ChainEvent[] events)
    {
        foreach (var happened in events)
        {
            var observed = new ChannelCall(
                happened.Channel, [now => new ChannelInput.Observe(now, happened.Escrow, Ours: true, ReorganizedFrom: null)], $"{happened.Channel} on chain");
            if (await Ask(registry, observed, Patience) is null)
            {
                return;
            }

            cursor++;
            var done = new Pending<bool>();
            Disk.Write(Cursor, cursor.ToString(System.Globalization.CultureInfo.InvariantCulture), () => done.Complete(true));
            await done;
            if (!happened.Escrow.Withdrawing.IsZero)
            {
                await ClaimAsync(happened.Channel);
            }
        }
    }

    private async Flow ClaimAllAsync()
    {
        while (true)
        {
            await Sleep(ClaimInterval);
            for (var client = 0; client < clients; client++)
            {
                await ClaimAsync(Names.ClientLedger(client));
            }
        }
    }

    private async Flow ClaimAsync(string channel)
    {
        if (await Ask(registry, new ClaimableCall(channel), Patience) is Claimable claimable)
        {
            await Ask(chain, new ClaimCall(channel, claimable.Voucher, claimable.Total), Patience);
        }
    }
}
