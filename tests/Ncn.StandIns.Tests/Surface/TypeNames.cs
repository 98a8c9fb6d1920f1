using System.Reflection;

namespace Ncn.StandIns.Tests.Surface;

/// <summary>Names of types as the official lists write them: full, with generic arguments in angle brackets and <c>+</c> for nesting.</summary>
internal static class TypeNames
{
    internal static string Of(Type type)
    {
        if (type.IsByRef)
        {
            return Of(type.GetElementType()!);
        }
        if (type.IsArray)
        {
            return $"{Of(type.GetElementType()!)}[{new string(',', type.GetArrayRank() - 1)}]";
        }
        if (type.IsPointer)
        {
            return Of(type.GetElementType()!) + "*";
        }
        if (type.IsGenericParameter)
        {
            return type.Name;
        }
        var scope = type.DeclaringType is { } outer ? PlainName(outer) + "+" : type.Namespace is { Length: > 0 } space ? space + "." : "";
        var arguments = type.GetGenericArguments();
        return scope + WithoutArity(type.Name) + (arguments.Length == 0 ? "" : $"<{string.Join(", ", arguments.Select(Of))}>");
    }

    internal static string Of(ParameterInfo parameter)
    {
        var direction = !parameter.ParameterType.IsByRef ? "" : parameter.IsOut ? "out " : parameter.IsIn ? "in " : "ref ";
        return $"{direction}{Of(parameter.ParameterType)} {parameter.Name}{(parameter.IsOptional ? "?" : "")}";
    }

    internal static string Of(IEnumerable<ParameterInfo> parameters) => string.Join(", ", parameters.Select(Of));

    private static string PlainName(Type type) =>
        (type.DeclaringType is { } outer ? PlainName(outer) + "+" : type.Namespace is { Length: > 0 } space ? space + "." : "") + WithoutArity(type.Name);

    private static string WithoutArity(string name) => name.Split('`')[0];
}
