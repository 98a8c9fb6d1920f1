using System.Linq.Expressions;
using System.Reflection;
using System.Text.Json;
using Azure.Messaging.ServiceBus;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Microsoft.Azure.Functions.Worker.OneProcess;

/// <summary>The context of one message's function.</summary>
internal sealed class ServiceBusInvocationContext(
    FunctionDescriptor function, FunctionBody body, IServiceProvider services, ProcessMessageEventArgs args)
    : InvocationContext(function, body, services, args.CancellationToken)
{
    public ServiceBusReceivedMessage Message => args.Message;

    public ServiceBusMessageActions Actions { get; } = new(args);

    /// <exception cref="InvalidOperationException">The body is not JSON of this type.</exception>
    public T? Deserialize<T>()
    {
        try
        {
            return JsonSerializer.Deserialize<T>(Message.Body, InstanceServices.GetRequiredService<IOptions<JsonSerializerOptions>>().Value);
        }
        catch (JsonException exception)
        {
            throw new InvalidOperationException($"Message {Message.MessageId} of function '{FunctionDefinition.Name}' is not JSON of type {typeof(T)}: {exception.Message}", exception);
        }
    }
}

/// <summary>Parameters of a Service Bus function: the message itself, its body as text, bytes or JSON, and the actions.</summary>
internal static class ServiceBusParameters
{
    public static FunctionBody Compile(FunctionDescriptor function) =>
        FunctionCompiler.Compile(function, (parameter, context) => Bind(function, parameter, Expression.Convert(context, typeof(ServiceBusInvocationContext))));

    private static Expression? Bind(FunctionDescriptor function, ParameterInfo parameter, Expression context)
    {
        if (parameter.ParameterType == typeof(ServiceBusMessageActions))
        {
            return Expression.Property(context, nameof(ServiceBusInvocationContext.Actions));
        }

        return parameter == function.TriggerParameter
            ? BindMessage(parameter.ParameterType, context)
            : null;
    }

    private static Expression BindMessage(Type type, Expression context)
    {
        var message = Expression.Property(context, nameof(ServiceBusInvocationContext.Message));
        var body = Expression.Property(message, nameof(ServiceBusReceivedMessage.Body));
        return type switch
        {
            _ when type == typeof(ServiceBusReceivedMessage) => message,
            _ when type == typeof(BinaryData) => body,
            _ when type == typeof(string) => Expression.Call(body, nameof(BinaryData.ToString), null),
            _ when type == typeof(byte[]) => Expression.Call(body, nameof(BinaryData.ToArray), null),
            _ => Expression.Call(context, nameof(ServiceBusInvocationContext.Deserialize), [type]),
        };
    }
}
