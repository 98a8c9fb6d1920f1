using Dapr.Actors;
using Dapr.Actors.Runtime;

namespace Ncn.DaprStandIns.Tests;

public sealed record Item(string Id, int Qty);

public interface IShopActor : IActor
{
    Task<Item> BuyAsync(Item item, int times, CancellationToken cancellationToken);

    Task<Item?> FindAsync(string id);

    Task CloseAsync();

    Task<int> SpoilAsync();

    Task RemindLaterAsync();
}

/// <summary>An actor that does a bit of everything.</summary>
[Actor(TypeName = "Shop")]
public sealed class ShopActor(ActorHost host, Journal journal) : Actor(host), IShopActor, IRemindable
{
    public async Task<Item> BuyAsync(Item item, int times, CancellationToken cancellationToken)
    {
        var bought = item with { Qty = checked(item.Qty * times) };
        await StateManager.SetStateAsync("item", bought, cancellationToken);
        await StateManager.SetStateAsync("soon-gone", 1, TimeSpan.FromSeconds(60), cancellationToken);
        return bought;
    }

    public async Task<Item?> FindAsync(string id)
    {
        var found = await StateManager.TryGetStateAsync<Item>(id);
        return found.HasValue ? found.Value : null;
    }

    public async Task CloseAsync()
    {
        await StateManager.RemoveStateAsync("item");
        await StateManager.AddStateAsync("brief", 1);
        await StateManager.RemoveStateAsync("brief");
    }

    public async Task<int> SpoilAsync()
    {
        await StateManager.SetStateAsync("item", new Item("spoilt", 0));
        throw new InvalidOperationException("the till is jammed");
    }

    public async Task RemindLaterAsync()
    {
        await RegisterReminderAsync("restock", [1, 2], TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(1));
        await RegisterReminderAsync("once", null, TimeSpan.FromHours(30), TimeSpan.FromMilliseconds(-1));
        await RegisterReminderAsync("few", null, TimeSpan.Zero, TimeSpan.FromMinutes(1), 4);
        await RegisterTimerAsync("tick", nameof(OnTick), [3], TimeSpan.FromMilliseconds(1500), TimeSpan.FromSeconds(1));
        await UnregisterReminderAsync("restock");
        await UnregisterTimerAsync("tick");
    }

    public Task ReceiveReminderAsync(string reminderName, byte[] state, TimeSpan dueTime, TimeSpan period)
    {
        journal.Add($"{reminderName} {Convert.ToHexString(state)} {dueTime} {period}");
        return Task.CompletedTask;
    }

    protected override Task OnActivateAsync()
    {
        journal.Add($"activated {Id}");
        return Task.CompletedTask;
    }

    protected override Task OnDeactivateAsync()
    {
        journal.Add($"deactivated {Id}");
        return Task.CompletedTask;
    }

    private Task<bool> OnTick(byte[] data)
    {
        journal.Add($"tick {Convert.ToHexString(data)}");
        return Task.FromResult(true);
    }
}

/// <summary>What happened, in order.</summary>
public sealed class Journal
{
    private readonly List<string> lines = [];

    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (lines)
            {
                return [.. lines];
            }
        }
    }

    public void Add(string line)
    {
        lock (lines)
        {
            lines.Add(line);
        }
    }
}
