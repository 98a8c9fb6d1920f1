using Grpc.Core;
using Ncn.Serving.Observability;

namespace Ncn.Serving.Oip.Grpc;

/// <summary>Watches calls over gRPC as those over HTTP are watched: counted and timed by method and status. A stream of several requests is one call.</summary>
public sealed class GrpcWatch(CallObserver observer)
{
    private const string ForwardedKey = "x-forwarded-for";
    private const string Gone = "gone";
    private static readonly object Key = new();

    /// <summary>Answers a call, watched.</summary>
    public async Task<T> WatchAsync<T>(ServerCallContext context, Func<Task<T>> answer)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(answer);
        var forwarded = context.RequestHeaders.Where(static entry => entry.Key == ForwardedKey).Select(static entry => entry.Value);
        var watch = observer.Begin(context.Method, GrpcCall.Remote(context.Peer), forwarded);
        context.UserState[Key] = watch;
        var outcome = nameof(StatusCode.Unknown);
        try
        {
            var answered = await answer();
            outcome = nameof(StatusCode.OK);
            return answered;
        }
        catch (RpcException refused)
        {
            outcome = refused.StatusCode.ToString();
            throw;
        }
        finally
        {
            observer.End(watch, context.CancellationToken.IsCancellationRequested ? Gone : outcome);
        }
    }

    /// <summary>What is noticed of a call; null when nobody watches it.</summary>
    internal static CallWatch? Of(ServerCallContext context) => context.UserState.TryGetValue(Key, out var watch) ? (CallWatch)watch : null;
}
