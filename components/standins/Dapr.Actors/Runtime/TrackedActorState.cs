namespace Dapr.Actors.Runtime;

/// <summary>
/// What one activation has read and written. A key is known after its first read or write;
/// a missing key is asked for again, as the official state manager does.
/// </summary>
internal sealed class TrackedActorState(SidecarActorState store, string actorType, string actorId) : IActorStateManager
{
    private readonly Dictionary<string, Entry> entries = new(StringComparer.Ordinal);

    private enum Change
    {
        None,
        Add,
        Update,
        Remove,
    }

    public Task AddStateAsync<T>(string stateName, T value, CancellationToken cancellationToken = default) =>
        AddOrThrowAsync(stateName, value, null, cancellationToken);

    public Task AddStateAsync<T>(string stateName, T value, TimeSpan ttl, CancellationToken cancellationToken = default) =>
        AddOrThrowAsync(stateName, value, ttl, cancellationToken);

    public Task<bool> TryAddStateAsync<T>(string stateName, T value, CancellationToken cancellationToken = default) =>
        TryAddAsync(stateName, value, null, cancellationToken);

    public Task<bool> TryAddStateAsync<T>(string stateName, T value, TimeSpan ttl, CancellationToken cancellationToken = default) =>
        TryAddAsync(stateName, value, ttl, cancellationToken);

    public async Task<T> GetStateAsync<T>(string stateName, CancellationToken cancellationToken = default)
    {
        var found = await TryGetStateAsync<T>(stateName, cancellationToken).ConfigureAwait(false);
        return found.HasValue ? found.Value : throw Missing(stateName);
    }

    public async Task<ConditionalValue<T>> TryGetStateAsync<T>(string stateName, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(stateName);
        if (entries.TryGetValue(stateName, out var entry))
        {
            return entry.IsGone ? default : new ConditionalValue<T>(true, (T)entry.Value!);
        }
        var (json, expiresAt) = await store.ReadAsync(actorType, actorId, stateName, cancellationToken).ConfigureAwait(false);
        if (json is null)
        {
            return default;
        }
        var value = store.Parse<T>(json);
        entries[stateName] = new Entry(typeof(T), value, Change.None, expiresAt);
        return new ConditionalValue<T>(true, value!);
    }

    public async Task<T> GetOrAddStateAsync<T>(string stateName, T value, CancellationToken cancellationToken = default)
    {
        var found = await TryGetStateAsync<T>(stateName, cancellationToken).ConfigureAwait(false);
        if (found.HasValue)
        {
            return found.Value;
        }
        entries[stateName] = new Entry(typeof(T), value, entries.ContainsKey(stateName) ? Change.Update : Change.Add, null);
        return value;
    }

    public Task SetStateAsync<T>(string stateName, T value, CancellationToken cancellationToken = default) =>
        SetAsync(stateName, value, null, cancellationToken);

    public Task SetStateAsync<T>(string stateName, T value, TimeSpan ttl, CancellationToken cancellationToken = default) =>
        SetAsync(stateName, value, ttl, cancellationToken);

    public async Task RemoveStateAsync(string stateName, CancellationToken cancellationToken = default)
    {
        if (!await TryRemoveStateAsync(stateName, cancellationToken).ConfigureAwait(false))
        {
            throw Missing(stateName);
        }
    }

    public async Task<bool> TryRemoveStateAsync(string stateName, CancellationToken cancellationToken = default)
    {
        if (!await ContainsStateAsync(stateName, cancellationToken).ConfigureAwait(false))
        {
            return false;
        }
        if (entries.TryGetValue(stateName, out var entry) && entry.Change == Change.Add)
        {
            entries.Remove(stateName); // Never stored, so nothing is to be deleted.
            return true;
        }
        entries[stateName] = new Entry(typeof(object), null, Change.Remove, null);
        return true;
    }

    public async Task<bool> ContainsStateAsync(string stateName, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(stateName);
        return entries.TryGetValue(stateName, out var entry)
            ? !entry.IsGone
            : (await store.ReadAsync(actorType, actorId, stateName, cancellationToken).ConfigureAwait(false)).Json is not null;
    }

    public async Task<T> AddOrUpdateStateAsync<T>(string stateName, T addValue, Func<string, T, T> updateValueFactory, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(updateValueFactory);
        var found = await TryGetStateAsync<T>(stateName, cancellationToken).ConfigureAwait(false);
        var value = found.HasValue ? updateValueFactory(stateName, found.Value) : addValue;
        var change = entries.TryGetValue(stateName, out var entry) && entry.Change != Change.Add ? Change.Update : Change.Add;
        entries[stateName] = new Entry(typeof(T), value, change, found.HasValue ? entry!.ExpiresAt : null);
        return value;
    }

    public Task ClearCacheAsync(CancellationToken cancellationToken = default)
    {
        entries.Clear();
        return Task.CompletedTask;
    }

    public async Task SaveStateAsync(CancellationToken cancellationToken = default)
    {
        var changed = entries.Where(pair => pair.Value.Change != Change.None).ToList();
        if (changed.Count == 0)
        {
            return;
        }
        await store.CommitAsync(actorType, actorId, [.. changed.Select(pair => pair.Value.ToOperation(pair.Key))], cancellationToken).ConfigureAwait(false);
        foreach (var (name, entry) in changed)
        {
            if (entry.Change == Change.Remove)
            {
                entries.Remove(name);
            }
            else
            {
                entries[name] = entry with { Change = Change.None };
            }
        }
    }

    private async Task AddOrThrowAsync<T>(string stateName, T value, TimeSpan? ttl, CancellationToken cancellationToken)
    {
        if (!await TryAddAsync(stateName, value, ttl, cancellationToken).ConfigureAwait(false))
        {
            throw new InvalidOperationException($"An actor state with name '{stateName}' already exists.");
        }
    }

    private async Task<bool> TryAddAsync<T>(string stateName, T value, TimeSpan? ttl, CancellationToken cancellationToken)
    {
        if (await ContainsStateAsync(stateName, cancellationToken).ConfigureAwait(false))
        {
            return false;
        }
        entries[stateName] = new Entry(typeof(T), value, entries.ContainsKey(stateName) ? Change.Update : Change.Add, Expiry(ttl));
        return true;
    }

    private async Task SetAsync<T>(string stateName, T value, TimeSpan? ttl, CancellationToken cancellationToken)
    {
        Change change;
        if (entries.TryGetValue(stateName, out var entry))
        {
            change = entry.Change == Change.Add ? Change.Add : Change.Update;
        }
        else
        {
            change = await ContainsStateAsync(stateName, cancellationToken).ConfigureAwait(false) ? Change.Update : Change.Add;
        }
        entries[stateName] = new Entry(typeof(T), value, change, Expiry(ttl));
    }

    private static DateTimeOffset? Expiry(TimeSpan? ttl) => ttl is { } time ? DateTimeOffset.UtcNow + time : null;

    private static KeyNotFoundException Missing(string stateName) => new($"Actor state with name '{stateName}' was not found.");

    private sealed record Entry(Type Type, object? Value, Change Change, DateTimeOffset? ExpiresAt)
    {
        /// <summary>Removed in this turn, or past its time.</summary>
        internal bool IsGone => Change == Change.Remove || ExpiresAt <= DateTimeOffset.UtcNow;

        internal StateOperation ToOperation(string key) => new(key, Change == Change.Remove ? null : Type, Value, ExpiresAt);
    }
}
