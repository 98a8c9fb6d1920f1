namespace Grpc.Core;

/// <summary>The parts that the four call types share. The callbacks take a state object so that an invoker needs no closures.</summary>
internal readonly struct AsyncCallState(
    Func<object, Task<Metadata>> responseHeaders,
    Func<object, Status> getStatus,
    Func<object, Metadata> getTrailers,
    Action<object> dispose,
    object state)
{
    internal AsyncCallState(Task<Metadata> responseHeaders, Func<Status> getStatus, Func<Metadata> getTrailers, Action dispose)
        : this(_ => responseHeaders, _ => getStatus(), _ => getTrailers(), _ => dispose(), responseHeaders)
    {
    }

    internal Task<Metadata> ResponseHeadersAsync => responseHeaders(state);

    internal Status GetStatus() => getStatus(state);

    internal Metadata GetTrailers() => getTrailers(state);

    internal void Dispose() => dispose(state);
}
