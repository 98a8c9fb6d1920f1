namespace Nethereum.JsonRpc.Client;

/// <summary>The error member of a JSON-RPC answer.</summary>
public class RpcError
{
    public RpcError(int code, string message, object data = null) => (Code, Message, Data) = (code, message, data);

    public int Code { get; }

    public string Message { get; }

    public object Data { get; }

    public string GetDataAsString() => Data?.ToString();
}

/// <summary>The node answered with an error.</summary>
public class RpcResponseException : Exception
{
    public RpcResponseException(RpcError rpcError)
        : base(rpcError.Message) => RpcError = rpcError;

    internal RpcResponseException(RpcError rpcError, string method)
        : base($"{rpcError.Message}: {method}") => RpcError = rpcError;

    public RpcError RpcError { get; }
}

/// <summary>No usable answer came back.</summary>
public class RpcClientUnknownException : Exception
{
    public RpcClientUnknownException(string message)
        : base(message)
    {
    }

    public RpcClientUnknownException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}

/// <summary>No answer came back in time.</summary>
public class RpcClientTimeoutException : Exception
{
    public RpcClientTimeoutException(string message)
        : base(message)
    {
    }

    public RpcClientTimeoutException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
