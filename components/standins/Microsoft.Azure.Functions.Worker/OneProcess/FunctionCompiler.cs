using System.Linq.Expressions;
using System.Reflection;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.Azure.Functions.Worker.OneProcess;

/// <summary>Makes the instance, binds the parameters, calls the method, and awaits and boxes what it returns.</summary>
internal delegate ValueTask<object?> FunctionBody(InvocationContext context);

/// <summary>The value of a parameter as an expression over the invocation context (of type InvocationContext); null when the trigger does not know it.</summary>
internal delegate Expression? ParameterBinder(ParameterInfo parameter, Expression context);

/// <summary>Turns a function method into one compiled delegate, so that no call pays for reflection.</summary>
internal static class FunctionCompiler
{
    public static FunctionBody Compile(FunctionDescriptor function, ParameterBinder bindTrigger)
    {
        var context = Expression.Parameter(typeof(InvocationContext), "context");
        var arguments = function.Method.GetParameters().Select(parameter => Bind(function, parameter, context, bindTrigger));
        var call = Expression.Call(Instance(function, context), function.Method, arguments);
        return Expression.Lambda<FunctionBody>(Box(function.Method.ReturnType, call), context).Compile();
    }

    private static Expression Bind(FunctionDescriptor function, ParameterInfo parameter, Expression context, ParameterBinder bindTrigger)
    {
        if (parameter.ParameterType == typeof(FunctionContext))
        {
            return context;
        }

        if (parameter.ParameterType == typeof(CancellationToken))
        {
            return Expression.Property(context, nameof(FunctionContext.CancellationToken));
        }

        return bindTrigger(parameter, context) ?? throw FunctionDiscovery.Invalid(
            function.Name, $"has the parameter '{parameter.Name}' of type {parameter.ParameterType}, which its trigger cannot bind");
    }

    private static UnaryExpression? Instance(FunctionDescriptor function, Expression context)
    {
        if (function.Method.IsStatic)
        {
            return null;
        }

        var type = function.Method.DeclaringType!;
        var factory = ActivatorUtilities.CreateFactory(type, Type.EmptyTypes);
        var services = Expression.Property(context, nameof(FunctionContext.InstanceServices));
        return Expression.Convert(Expression.Invoke(Expression.Constant(factory), services, Expression.Constant(null, typeof(object[]))), type);
    }

    private static Expression Box(Type returned, Expression call)
    {
        if (returned == typeof(void))
        {
            return Expression.Block(call, Expression.Default(typeof(ValueTask<object?>)));
        }

        var generic = returned.IsGenericType ? returned.GetGenericTypeDefinition() : null;
        var (adapter, argument) = returned switch
        {
            _ when returned == typeof(Task) => (nameof(Await), null),
            _ when generic == typeof(Task<>) => (nameof(AwaitValue), returned.GetGenericArguments()[0]),
            _ => (nameof(Plain), returned),
        };
        var method = typeof(FunctionCompiler).GetMethod(adapter, BindingFlags.NonPublic | BindingFlags.Static)!;
        return Expression.Call(argument is null ? method : method.MakeGenericMethod(argument), call);
    }

    private static async ValueTask<object?> Await(Task running)
    {
        await running;
        return null;
    }

    private static async ValueTask<object?> AwaitValue<T>(Task<T> running) => await running;

    private static ValueTask<object?> Plain<T>(T value) => new(value);
}
