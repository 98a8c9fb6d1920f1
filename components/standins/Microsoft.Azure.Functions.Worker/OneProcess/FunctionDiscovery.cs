using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.Azure.Functions.Worker.Extensions.Abstractions;

namespace Microsoft.Azure.Functions.Worker.OneProcess;

/// <summary>Finds public [Function] methods of public classes, and refuses at start what a host would refuse.</summary>
internal static partial class FunctionDiscovery
{
    public static IReadOnlyList<FunctionDescriptor> InApplication(string applicationName) =>
        InTypes(Assembly.Load(new AssemblyName(applicationName)).GetExportedTypes());

    public static IReadOnlyList<FunctionDescriptor> InTypes(IEnumerable<Type> types)
    {
        const BindingFlags Any = BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        var functions = types.Where(type => type.IsClass && !type.ContainsGenericParameters)
            .SelectMany(type => type.GetMethods(Any))
            .Where(method => method.IsDefined(typeof(FunctionAttribute)))
            .Select(Describe)
            .ToArray();
        var repeated = functions.GroupBy(function => function.Name, StringComparer.OrdinalIgnoreCase).FirstOrDefault(group => group.Count() > 1);
        return repeated is null
            ? functions
            : throw Invalid(repeated.Key, $"is declared by {string.Join(" and ", repeated.Select(function => function.EntryPoint))}; names must be unique");
    }

    public static InvalidOperationException Invalid(string function, string problem) => new($"Function '{function}' {problem}.");

    private static FunctionDescriptor Describe(MethodInfo method)
    {
        var name = method.GetCustomAttribute<FunctionAttribute>()!.Name;
        if (!FunctionName().IsMatch(name))
        {
            throw Invalid(name, "has a name that is not 1 to 128 letters, digits, '-' or '_' starting with a letter");
        }

        var triggers = method.GetParameters()
            .Select(parameter => (parameter, trigger: parameter.GetCustomAttribute<TriggerBindingAttribute>()))
            .Where(pair => pair.trigger is not null)
            .ToArray();
        return triggers.Length == 1
            ? new FunctionDescriptor(name, method, triggers[0].parameter, triggers[0].trigger!)
            : throw Invalid(name, $"has {triggers.Length} trigger parameters; it needs exactly one");
    }

    [GeneratedRegex("^[A-Za-z][A-Za-z0-9_-]{0,127}$")]
    private static partial Regex FunctionName();
}
