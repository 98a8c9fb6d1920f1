using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Ncn.StandIns.Tests.Surface;

/// <summary>
/// The public and protected members of types, one line each, in the format of the official lists. Interfaces of the System
/// namespaces and members that the compiler makes for records are left out, for they follow from the rest.
/// </summary>
internal static class PublicSurface
{
    private const BindingFlags Declared = BindingFlags.DeclaredOnly | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static;

    internal static IEnumerable<string> Of(Assembly assembly) => assembly.GetExportedTypes().SelectMany(Of);

    internal static IEnumerable<string> Of(Type type)
    {
        var name = TypeNames.Of(type);
        yield return $"{name} = {Kind(type)}{Base(type)}";
        foreach (var contract in type.GetInterfaces().Where(contract => contract.IsVisible && !IsSystem(contract)))
        {
            yield return $"{name} : {TypeNames.Of(contract)}";
        }
        foreach (var line in type.IsEnum ? EnumValues(type) : Members(type))
        {
            yield return $"{name}{line}";
        }
    }

    private static IEnumerable<string> EnumValues(Type type) =>
        Enum.GetNames(type).Select(value => $".{value} = {Convert.ToString(Convert.ChangeType(Enum.Parse(type, value), Enum.GetUnderlyingType(type), CultureInfo.InvariantCulture), CultureInfo.InvariantCulture)}");

    private static IEnumerable<string> Members(Type type)
    {
        var constructors = type.GetConstructors(Declared).Where(member => !member.IsStatic && IsVisible(member) && !IsCompilerMade(member))
            .Select(member => $"({TypeNames.Of(member.GetParameters())}){(member.IsPublic ? "" : " protected")}");
        var methods = type.GetMethods(Declared).Where(member => IsVisible(member) && !IsCompilerMade(member) && (!member.IsSpecialName || member.Name.StartsWith("op_", StringComparison.Ordinal)))
            .Select(Method);
        var properties = type.GetProperties(Declared).Where(member => Accessors(member).Any() && member.Name != "EqualityContract")
            .Select(Property);
        var fields = type.GetFields(Declared).Where(member => !member.IsSpecialName && (member.IsPublic || member.IsFamily || member.IsFamilyOrAssembly))
            .Select(Field);
        var events = type.GetEvents(Declared).Where(member => member.AddMethod is { } add && IsVisible(add))
            .Select(member => $".{member.Name} event -> {TypeNames.Of(member.EventHandlerType!)}");
        return [.. constructors, .. methods, .. properties, .. fields, .. events];
    }

    private static string Method(MethodInfo method)
    {
        var arguments = method.GetGenericArguments();
        var generic = arguments.Length == 0 ? "" : $"<{string.Join(", ", arguments.Select(TypeNames.Of))}>";
        return $".{method.Name}{generic}({TypeNames.Of(method.GetParameters())}) -> {TypeNames.Of(method.ReturnType)}{Flags(method)}";
    }

    private static string Property(PropertyInfo property)
    {
        var accessors = Accessors(property).ToArray();
        var indexes = property.GetIndexParameters();
        var index = indexes.Length == 0 ? "" : $"[{string.Join(", ", indexes.Select(parameter => TypeNames.Of(parameter.ParameterType)))}]";
        var words = accessors.Select(accessor => accessor == property.GetMethod ? "get; " : IsInit(accessor) ? "init; " : "set; ");
        var widest = accessors.FirstOrDefault(accessor => accessor.IsPublic) ?? accessors[0];
        return $".{property.Name}{index} {{ {string.Concat(words)}}} -> {TypeNames.Of(property.PropertyType)}{Flags(widest)}";
    }

    private static string Field(FieldInfo field)
    {
        var visibility = field.IsPublic ? "" : " protected";
        var kind = field.IsLiteral ? " const" : (field.IsStatic ? " static" : "") + (field.IsInitOnly ? " readonly" : "");
        return $".{field.Name} -> {TypeNames.Of(field.FieldType)}{visibility}{kind}";
    }

    private static string Flags(MethodInfo method) =>
        (method.IsPublic ? "" : " protected")
        + (method.IsStatic ? " static" : "")
        + (method.IsAbstract ? " abstract" : method.IsVirtual && !method.IsFinal ? " virtual" : "");

    private static string Kind(Type type) => type switch
    {
        { IsInterface: true } => "interface",
        { IsEnum: true } => "enum",
        { IsValueType: true } => "struct",
        _ when IsDelegate(type) => "delegate",
        { IsAbstract: true, IsSealed: true } => "static class",
        { IsAbstract: true } => "abstract class",
        { IsSealed: true } => "sealed class",
        _ => "class",
    };

    private static string Base(Type type) =>
        type.BaseType is null || type.IsValueType || IsDelegate(type) || type.BaseType == typeof(object) ? "" : $" : {TypeNames.Of(type.BaseType)}";

    private static IEnumerable<MethodInfo> Accessors(PropertyInfo property) => property.GetAccessors(nonPublic: true).Where(IsVisible).OrderBy(accessor => accessor != property.GetMethod);

    private static bool IsDelegate(Type type) => type.IsSubclassOf(typeof(Delegate));

    private static bool IsVisible(MethodBase member) => member.IsPublic || member.IsFamily || member.IsFamilyOrAssembly;

    private static bool IsCompilerMade(MemberInfo member) => member.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false);

    private static bool IsInit(MethodInfo setter) => setter.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit));

    private static bool IsSystem(Type type) => type.Namespace is { } space && (space == "System" || space.StartsWith("System.", StringComparison.Ordinal));
}
