using Dapr.Actors.Runtime;
using Ncn.Actors;
using Ncn.Payments.Policies;
using Ncn.Protocol;
using Ncn.Registry.Hosting;

namespace Ncn.Registry.Guests;

/// <summary>Holds one <see cref="FreeTierBook"/>; every call is one durable step.</summary>
[Actor(TypeName = ActorTypes.Guest)]
internal sealed class GuestActor(ActorHost host, TimeProvider time) : Actor(host), IGuestActor
{
    private const string BookKey = "book";
    private FreeTierBook? _book;

    public async Task<FreeTierResult> TakeAsync(FreeRequestCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        var (book, result) = (await LoadAsync()).Take(time.NowMilliseconds(), call.Guest, call.PerDay);
        await SaveAsync(book);
        return result;
    }

    public async Task ReturnAsync(Hash32 guest) => await SaveAsync((await LoadAsync()).Return(time.NowMilliseconds(), guest));

    // Whether a failed save was done or not is known to the store alone: the next turn asks it.
    protected override Task OnActorMethodFailedAsync(ActorMethodContext actorMethodContext, Exception e)
    {
        _book = null;
        return Task.CompletedTask;
    }

    private async ValueTask<FreeTierBook> LoadAsync()
    {
        if (_book is { } loaded)
        {
            return loaded;
        }

        // Read anew into the empty book's map, whose order of keys is the book's own.
        var stored = await StateManager.TryGetStateAsync<FreeTierBook>(BookKey);
        return _book = stored.HasValue ? stored.Value with { Guests = FreeTierBook.Empty.Guests.AddRange(stored.Value.Guests) } : FreeTierBook.Empty;
    }

    private async Task SaveAsync(FreeTierBook book)
    {
        if (!ReferenceEquals(book, _book))
        {
            await StateManager.SetStateAsync(BookKey, book);
            await SaveStateAsync();
            _book = book;
        }
    }
}
