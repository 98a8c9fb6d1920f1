using System.Globalization;
using System.Linq.Expressions;
using System.Reflection;
using Microsoft.AspNetCore.Http;

namespace Microsoft.Azure.Functions.Worker.OneProcess;

/// <summary>Binds the trigger parameter to the request, and every other parameter to the route value or query value of its name.</summary>
internal static class HttpParameters
{
    public static FunctionBody Compile(FunctionDescriptor function) =>
        FunctionCompiler.Compile(function, (parameter, context) => Bind(function, parameter, context));

    private static Expression? Bind(FunctionDescriptor function, ParameterInfo parameter, Expression context)
    {
        if (parameter.ParameterType == typeof(HttpRequest))
        {
            var http = Expression.Property(Expression.Convert(context, typeof(HttpInvocationContext)), nameof(HttpInvocationContext.Http));
            return Expression.Property(http, nameof(HttpContext.Request));
        }

        if (parameter == function.TriggerParameter)
        {
            return null;
        }

        return Reader(parameter.ParameterType) is { } reader ? Expression.Call(reader, context, Expression.Constant(parameter.Name)) : null;
    }

    private static MethodInfo? Reader(Type type)
    {
        const BindingFlags Own = BindingFlags.NonPublic | BindingFlags.Static;
        if (type == typeof(string))
        {
            return typeof(HttpParameters).GetMethod(nameof(Text), Own);
        }

        var parsed = Nullable.GetUnderlyingType(type) ?? type;
        if (!parsed.IsValueType || !parsed.GetInterfaces().Any(face => face.IsGenericType && face.GetGenericTypeDefinition() == typeof(IParsable<>)))
        {
            return null;
        }

        var name = parsed == type ? nameof(Parsed) : nameof(ParsedOrNull);
        return typeof(HttpParameters).GetMethod(name, Own)!.MakeGenericMethod(parsed);
    }

    private static string? Text(InvocationContext context, string name)
    {
        var http = ((HttpInvocationContext)context).Http;
        return http.Request.RouteValues.TryGetValue(name, out var value)
            ? Convert.ToString(value, CultureInfo.InvariantCulture)
            : http.Request.Query.TryGetValue(name, out var query) ? query.ToString() : null;
    }

    private static T Parsed<T>(InvocationContext context, string name)
        where T : struct, IParsable<T> => ParsedOrNull<T>(context, name) ?? default;

    private static T? ParsedOrNull<T>(InvocationContext context, string name)
        where T : struct, IParsable<T>
    {
        if (Text(context, name) is not { } text)
        {
            return null;
        }

        return T.TryParse(text, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw new BadHttpRequestException($"The value of '{name}' is not a valid {typeof(T).Name}.");
    }
}
