using Google.Protobuf;
using Grpc.Core;

namespace Ncn.Protocol.Grpc;

/// <summary>
/// Binds a service so that bytes which are no message of it are answered with INVALID_ARGUMENT: the caller's fault. The generated binding
/// leaves it to the server's default, which says that the server failed.
/// </summary>
public sealed class StrictBinding(ServiceBinderBase inner) : ServiceBinderBase
{
    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse>? handler) =>
        inner.AddMethod(Strict(method), handler);

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse>? handler) =>
        inner.AddMethod(Strict(method), handler);

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse>? handler) =>
        inner.AddMethod(Strict(method), handler);

    private static Method<TRequest, TResponse> Strict<TRequest, TResponse>(Method<TRequest, TResponse> method)
        where TRequest : class
        where TResponse : class =>
        new(method.Type, method.ServiceName, method.Name, new Marshaller<TRequest>(method.RequestMarshaller.ContextualSerializer, Read(method)), method.ResponseMarshaller);

    private static Func<DeserializationContext, TRequest> Read<TRequest, TResponse>(Method<TRequest, TResponse> method)
        where TRequest : class
        where TResponse : class => context =>
    {
        try
        {
            return method.RequestMarshaller.ContextualDeserializer(context);
        }
        catch (InvalidProtocolBufferException)
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, $"The message is no request of {method.Name}."));
        }
    };
}
