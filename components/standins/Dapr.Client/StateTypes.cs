namespace Dapr.Client;

/// <summary>What a state write does when the entry has changed since it was read.</summary>
public enum ConcurrencyMode
{
    /// <summary>The first writer wins: a stale ETag fails.</summary>
    FirstWrite = 0,

    /// <summary>The last writer wins.</summary>
    LastWrite = 1,
}

/// <summary>How fresh a read, or how widely acknowledged a write, must be.</summary>
public enum ConsistencyMode
{
    /// <summary>May lag behind.</summary>
    Eventual = 0,

    /// <summary>Sees every acknowledged write.</summary>
    Strong = 1,
}

/// <summary>Kind of an operation in a state transaction.</summary>
public enum StateOperationType
{
    /// <summary>Insert or replace.</summary>
    Upsert = 0,

    /// <summary>Remove.</summary>
    Delete = 1,
}

/// <summary>Concurrency and consistency of one state operation; null leaves the store's default.</summary>
public class StateOptions
{
    /// <summary>Concurrency, or null for the store's default.</summary>
    public ConcurrencyMode? Concurrency { get; set; }

    /// <summary>Consistency, or null for the store's default.</summary>
    public ConsistencyMode? Consistency { get; set; }
}

/// <summary>One operation of a state transaction. The value is the UTF-8 text of a JSON value.</summary>
public sealed class StateTransactionRequest
{
    /// <summary>Creates the operation.</summary>
    public StateTransactionRequest(string key, byte[]? value, StateOperationType operationType, string? etag = null, IReadOnlyDictionary<string, string>? metadata = null, StateOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(key);
        Key = key;
        Value = value;
        OperationType = operationType;
        ETag = etag;
        Metadata = metadata;
        Options = options;
    }

    /// <summary>The key.</summary>
    public string Key { get; }

    /// <summary>The JSON value in UTF-8; null for a delete.</summary>
    public byte[]? Value { get; set; }

    /// <summary>What to do.</summary>
    public StateOperationType? OperationType { get; set; }

    /// <summary>The ETag that the entry must still have, or null for none.</summary>
    public string? ETag { get; set; }

    /// <summary>Metadata for the store, such as ttlInSeconds.</summary>
    public IReadOnlyDictionary<string, string>? Metadata { get; set; }

    /// <summary>Concurrency and consistency.</summary>
    public StateOptions? Options;
}
