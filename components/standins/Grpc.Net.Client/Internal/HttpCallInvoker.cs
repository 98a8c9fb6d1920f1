using Grpc.Core;

namespace Grpc.Net.Client.Internal;

/// <summary>The four kinds of call over one channel.</summary>
internal sealed class HttpCallInvoker(GrpcChannel channel) : CallInvoker
{
    public override TResponse BlockingUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        using var call = AsyncUnaryCall(method, host, options, request);
        return call.ResponseAsync.GetAwaiter().GetResult();
    }

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        var call = new GrpcCall<TRequest, TResponse>(channel, method, options);
        return new AsyncUnaryCall<TResponse>(call.StartSingleResponse(call.SingleRequest(request)), GrpcCall.Headers, GrpcCall.StatusOf, GrpcCall.TrailersOf, GrpcCall.End, call);
    }

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        var call = new GrpcCall<TRequest, TResponse>(channel, method, options);
        return new AsyncServerStreamingCall<TResponse>(call.StartResponseStream(call.SingleRequest(request)), GrpcCall.Headers, GrpcCall.StatusOf, GrpcCall.TrailersOf, GrpcCall.End, call);
    }

    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        var call = new GrpcCall<TRequest, TResponse>(channel, method, options);
        var requests = new RequestStreamWriter<TRequest, TResponse>(call);
        return new AsyncClientStreamingCall<TRequest, TResponse>(requests, call.StartSingleResponse(requests.Content), GrpcCall.Headers, GrpcCall.StatusOf, GrpcCall.TrailersOf, GrpcCall.End, call);
    }

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        var call = new GrpcCall<TRequest, TResponse>(channel, method, options);
        var requests = new RequestStreamWriter<TRequest, TResponse>(call);
        return new AsyncDuplexStreamingCall<TRequest, TResponse>(requests, call.StartResponseStream(requests.Content), GrpcCall.Headers, GrpcCall.StatusOf, GrpcCall.TrailersOf, GrpcCall.End, call);
    }
}
