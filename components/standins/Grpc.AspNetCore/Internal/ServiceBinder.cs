using System.Reflection;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>Lets the generated code list the methods of a service and maps each to an endpoint.</summary>
internal sealed class ServiceBinder<TService>(IEndpointRouteBuilder builder, GrpcServiceOptions options, ILogger logger) : ServiceBinderBase
    where TService : class
{
    private const BindingFlags StaticMethods = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static;

    internal List<IEndpointConventionBuilder> Endpoints { get; } = [];

    internal HashSet<string> ServiceNames { get; } = new(StringComparer.Ordinal);

    internal void Bind()
    {
        for (var type = typeof(TService); type is not null; type = type.BaseType)
        {
            if (type.GetCustomAttribute<BindServiceMethodAttribute>(inherit: false) is { } attribute)
            {
                var bind = attribute.BindType.GetMethod(attribute.BindMethodName, StaticMethods, [typeof(ServiceBinderBase), type])
                    ?? throw new InvalidOperationException($"Error binding gRPC service '{typeof(TService).Name}': {attribute.BindType}.{attribute.BindMethodName} does not exist.");
                bind.Invoke(null, [this, null]);
                return;
            }
        }
        throw new InvalidOperationException($"Error binding gRPC service '{typeof(TService).Name}'. It does not derive from a generated service base.");
    }

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse>? handler)
    {
        var invoke = Find<Func<TService, TRequest, ServerCallContext, Task<TResponse>>>(method);
        Map(method, async (service, call) => await call.WriteSingleAsync(await invoke(service, await call.ReadSingleAsync().ConfigureAwait(false), call.Context).ConfigureAwait(false)).ConfigureAwait(false));
    }

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ClientStreamingServerMethod<TRequest, TResponse>? handler)
    {
        var invoke = Find<Func<TService, IAsyncStreamReader<TRequest>, ServerCallContext, Task<TResponse>>>(method);
        Map(method, async (service, call) => await call.WriteSingleAsync(await invoke(service, call.OpenRequests(), call.Context).ConfigureAwait(false)).ConfigureAwait(false));
    }

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse>? handler)
    {
        var invoke = Find<Func<TService, TRequest, IServerStreamWriter<TResponse>, ServerCallContext, Task>>(method);
        Map(method, async (service, call) => await invoke(service, await call.ReadSingleAsync().ConfigureAwait(false), call.OpenResponses(), call.Context).ConfigureAwait(false));
    }

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse>? handler)
    {
        var invoke = Find<Func<TService, IAsyncStreamReader<TRequest>, IServerStreamWriter<TResponse>, ServerCallContext, Task>>(method);
        Map(method, (service, call) => invoke(service, call.OpenRequests(), call.OpenResponses(), call.Context));
    }

    private void Map<TRequest, TResponse>(Method<TRequest, TResponse> method, Func<TService, ServerCall<TRequest, TResponse>, Task> invoke)
        where TRequest : class where TResponse : class
    {
        var handler = new CallHandler<TService, TRequest, TResponse>(method, invoke, options, logger);
        var endpoint = builder.MapPost(method.FullName, handler.HandleAsync);
        endpoint.Add(target => target.DisplayName = $"gRPC - {method.FullName}");
        Endpoints.Add(endpoint);
        ServiceNames.Add(method.ServiceName);
    }

    /// <summary>An open delegate over the service's own method: the first argument is the instance.</summary>
    private static TDelegate Find<TDelegate>(IMethod method) where TDelegate : Delegate
    {
        var arguments = typeof(TDelegate).GetMethod("Invoke")!.GetParameters().Skip(1).Select(parameter => parameter.ParameterType).ToArray();
        var implementation = typeof(TService).GetMethod(method.Name, BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance, arguments)
            ?? throw new InvalidOperationException($"Could not find '{method.Name}' on {typeof(TService)}.");
        return implementation.CreateDelegate<TDelegate>();
    }
}
