using System.Collections.Concurrent;
using System.Reflection;

namespace Dapr.Actors.Communication;

/// <summary>An actor interface, checked against the rules and ready for remoting.</summary>
internal sealed class ActorInterface
{
    private static readonly ConcurrentDictionary<Type, ActorInterface> Known = new();

    private readonly Dictionary<MethodInfo, ActorMethod> byMethod;

    private ActorInterface(Type type)
    {
        Check(type);
        Type = type;
        Id = RemotingId.Of(type);
        byMethod = MethodsOf(type).ToDictionary(method => method, ActorMethod.Create);
        Methods = byMethod.Values.ToDictionary(method => method.Name, StringComparer.Ordinal);
    }

    internal Type Type { get; }

    internal int Id { get; }

    internal IReadOnlyDictionary<string, ActorMethod> Methods { get; }

    internal ActorMethod this[MethodInfo method] => byMethod[method];

    internal static ActorInterface Get(Type type) => Known.GetOrAdd(type, key => new ActorInterface(key));

    internal static IEnumerable<Type> ImplementedBy(Type actorType) =>
        actorType.GetInterfaces().Where(type => type != typeof(IActor) && typeof(IActor).IsAssignableFrom(type));

    private static IEnumerable<MethodInfo> MethodsOf(Type type) =>
        type.GetInterfaces().Append(type).SelectMany(part => part.GetMethods());

    private static void Check(Type type)
    {
        Require(type.IsInterface, type, "is not an interface");
        Require(type.IsVisible, type, "is not public");
        Require(!type.IsGenericType, type, "is generic");
        Require(typeof(IActor).IsAssignableFrom(type), type, "does not derive from IActor");
        foreach (var parent in type.GetInterfaces())
        {
            Require(typeof(IActor).IsAssignableFrom(parent), type, $"derives from {parent.FullName}, which is not an actor interface");
        }
        var overload = MethodsOf(type).GroupBy(method => method.Name).FirstOrDefault(group => group.Count() > 1);
        Require(overload is null, type, $"overloads the method {overload?.Key}");
        foreach (var method in MethodsOf(type))
        {
            CheckMethod(type, method);
        }
    }

    private static void CheckMethod(Type type, MethodInfo method)
    {
        var returned = method.ReturnType;
        Require(!method.IsGenericMethod, type, $"has the generic method {method.Name}");
        Require(
            returned == typeof(Task) || (returned.IsGenericType && returned.GetGenericTypeDefinition() == typeof(Task<>)),
            type,
            $"has the method {method.Name}, which does not return Task or Task<T>");
        var parameters = method.GetParameters();
        for (var i = 0; i < parameters.Length; i++)
        {
            var parameter = parameters[i];
            var plain = !parameter.ParameterType.IsByRef && !parameter.IsOptional && !parameter.IsDefined(typeof(ParamArrayAttribute));
            Require(plain, type, $"has the method {method.Name}, whose parameter {parameter.Name} is out, ref, optional or params");
            var tokenInPlace = parameter.ParameterType != typeof(CancellationToken) || i == parameters.Length - 1;
            Require(tokenInPlace, type, $"has the method {method.Name}, whose CancellationToken is not the last parameter");
        }
    }

    private static void Require(bool condition, Type type, string problem)
    {
        if (!condition)
        {
            throw new ArgumentException($"The type '{type.FullName}' cannot be an actor interface: it {problem}.", nameof(type));
        }
    }
}
