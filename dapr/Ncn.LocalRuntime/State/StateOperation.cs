namespace Ncn.LocalRuntime.State;

/// <summary>One change of one key. Keys carry the app's prefix already.</summary>
internal abstract record StateOperation(string Key, string? ETag, bool FirstWrite);

/// <summary>Writes a value. <paramref name="TtlSeconds"/> null keeps it for ever.</summary>
internal sealed record Upsert(string Key, byte[] Value, string? ETag = null, bool FirstWrite = false, long? TtlSeconds = null)
    : StateOperation(Key, ETag, FirstWrite);

internal sealed record Delete(string Key, string? ETag = null, bool FirstWrite = false) : StateOperation(Key, ETag, FirstWrite);

internal sealed record StateItem(byte[] Value, string ETag, DateTimeOffset? Expires);

/// <summary>The precondition of an operation did not hold; its transaction is undone.</summary>
internal sealed class ETagMismatchException(string key)
    : Exception($"possible etag mismatch on key {key}: the value was changed by another writer, or it is not there. Read it again, then repeat.");

internal static class StateRules
{
    /// <summary>
    /// Whether an operation may proceed on a key whose present ETag is <paramref name="current"/> (null: no such key).
    /// An ETag that is given must match. First-write without an ETag means that the key must be new.
    /// </summary>
    public static bool Allows(StateOperation operation, string? current) => operation switch
    {
        { ETag: { } expected } => current == expected,
        Upsert { FirstWrite: true } => current is null,
        _ => true,
    };
}
