namespace Dapr.Client;

/// <summary>A call of an output binding. The data is the UTF-8 text of a JSON value.</summary>
public sealed class BindingRequest
{
    /// <summary>Creates the call.</summary>
    public BindingRequest(string bindingName, string operation)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(bindingName);
        ArgumentException.ThrowIfNullOrWhiteSpace(operation);
        BindingName = bindingName;
        Operation = operation;
    }

    /// <summary>Name of the binding component.</summary>
    public string BindingName { get; }

    /// <summary>The binding's operation, such as create.</summary>
    public string Operation { get; }

    /// <summary>The JSON data in UTF-8; empty for none.</summary>
    public ReadOnlyMemory<byte> Data { get; set; }

    /// <summary>Metadata for the binding.</summary>
    public Dictionary<string, string> Metadata { get; } = new(StringComparer.OrdinalIgnoreCase);
}

/// <summary>What a binding answered.</summary>
public sealed class BindingResponse
{
    /// <summary>Creates the answer.</summary>
    public BindingResponse(BindingRequest request, ReadOnlyMemory<byte> data, IReadOnlyDictionary<string, string> metadata)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(metadata);
        Request = request;
        Data = data;
        Metadata = metadata;
    }

    /// <summary>The call that this answers.</summary>
    public BindingRequest Request { get; }

    /// <summary>The answer's bytes; empty for none.</summary>
    public ReadOnlyMemory<byte> Data { get; }

    /// <summary>The answer's metadata.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }
}
