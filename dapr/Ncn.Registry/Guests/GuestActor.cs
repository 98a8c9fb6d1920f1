using Dapr.Actors.Runtime;
using Ncn.Actors;
using Ncn.Payments.Policies;
using Ncn.Protocol;
using Ncn.Registry.Hosting;
using Ncn.Registry.Storage;

namespace Ncn.Registry.Guests;

/// <summary>Holds one <see cref="FreeTierBook"/>; every call is one durable step.</summary>
[Actor(TypeName = ActorTypes.Guest)]
internal sealed class GuestActor(ActorHost host, TimeProvider time) : StoredActor<FreeTierBook>(host, Schema), IGuestActor
{
    private const string BookKey = "book";
    private static readonly StateSchema Schema = new(ActorTypes.Guest);

    public async Task<FreeTierResult> TakeAsync(FreeRequestCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        var before = await LoadAsync();
        var (after, result) = before.Take(time.NowMilliseconds(), call.Guest, call.PerDay);
        await SaveAsync(before, after);
        return result;
    }

    public async Task ReturnAsync(Hash32 guest)
    {
        var before = await LoadAsync();
        await SaveAsync(before, before.Return(time.NowMilliseconds(), guest));
    }

    protected override async Task<FreeTierBook> ReadAsync()
    {
        // Read anew into the empty book's map, whose order of keys is the book's own.
        var stored = await StateManager.TryGetStateAsync<FreeTierBook>(BookKey);
        return stored.HasValue ? stored.Value with { Guests = FreeTierBook.Empty.Guests.AddRange(stored.Value.Guests) } : FreeTierBook.Empty;
    }

    private async Task SaveAsync(FreeTierBook before, FreeTierBook after)
    {
        if (!ReferenceEquals(before, after))
        {
            await StateManager.SetStateAsync(BookKey, after);
        }

        await CommitAsync(after);
    }
}
