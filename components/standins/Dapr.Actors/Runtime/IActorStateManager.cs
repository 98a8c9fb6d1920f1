namespace Dapr.Actors.Runtime;

/// <summary>
/// An actor's state: reads are cached, writes are collected and saved in one transaction at the end of the turn.
/// A turn that throws saves nothing.
/// </summary>
public interface IActorStateManager
{
    /// <summary>Adds a key; throws <see cref="InvalidOperationException"/> when it exists.</summary>
    Task AddStateAsync<T>(string stateName, T value, CancellationToken cancellationToken = default);

    /// <summary>Adds a key that expires.</summary>
    Task AddStateAsync<T>(string stateName, T value, TimeSpan ttl, CancellationToken cancellationToken = default);

    /// <summary>Adds a key; false when it exists.</summary>
    Task<bool> TryAddStateAsync<T>(string stateName, T value, CancellationToken cancellationToken = default);

    /// <summary>Adds a key that expires; false when it exists.</summary>
    Task<bool> TryAddStateAsync<T>(string stateName, T value, TimeSpan ttl, CancellationToken cancellationToken = default);

    /// <summary>Reads a key; throws <see cref="KeyNotFoundException"/> when it is missing.</summary>
    Task<T> GetStateAsync<T>(string stateName, CancellationToken cancellationToken = default);

    /// <summary>Reads a key that may be missing.</summary>
    Task<ConditionalValue<T>> TryGetStateAsync<T>(string stateName, CancellationToken cancellationToken = default);

    /// <summary>Reads a key, or adds it.</summary>
    Task<T> GetOrAddStateAsync<T>(string stateName, T value, CancellationToken cancellationToken = default);

    /// <summary>Writes a key.</summary>
    Task SetStateAsync<T>(string stateName, T value, CancellationToken cancellationToken = default);

    /// <summary>Writes a key that expires.</summary>
    Task SetStateAsync<T>(string stateName, T value, TimeSpan ttl, CancellationToken cancellationToken = default);

    /// <summary>Removes a key; throws <see cref="KeyNotFoundException"/> when it is missing.</summary>
    Task RemoveStateAsync(string stateName, CancellationToken cancellationToken = default);

    /// <summary>Removes a key; false when it is missing.</summary>
    Task<bool> TryRemoveStateAsync(string stateName, CancellationToken cancellationToken = default);

    /// <summary>Whether a key exists.</summary>
    Task<bool> ContainsStateAsync(string stateName, CancellationToken cancellationToken = default);

    /// <summary>Writes a key from its old value, or adds it.</summary>
    Task<T> AddOrUpdateStateAsync<T>(string stateName, T addValue, Func<string, T, T> updateValueFactory, CancellationToken cancellationToken = default);

    /// <summary>Forgets everything that was read or written and not saved.</summary>
    Task ClearCacheAsync(CancellationToken cancellationToken = default);

    /// <summary>Saves what was written in one transaction; sends nothing when nothing was.</summary>
    Task SaveStateAsync(CancellationToken cancellationToken = default);
}
