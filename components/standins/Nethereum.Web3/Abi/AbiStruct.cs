using System.Collections.Concurrent;
using System.Reflection;
using Nethereum.ABI.FunctionEncoding.Attributes;

namespace Nethereum.ABI;

/// <summary>A property with its place in a tuple, a parameter list or an event.</summary>
internal sealed record AbiMember(ParameterAttribute Attribute, AbiType Type, PropertyInfo Property);

/// <summary>A tuple whose components are the properties of a class that carry [Parameter], in their order.</summary>
internal sealed class AbiStruct : AbiType
{
    private static readonly ConcurrentDictionary<Type, AbiStruct> Known = new();

    private AbiStruct(IReadOnlyList<AbiMember> members)
        : base("(" + string.Join(",", members.Select(member => member.Type.Name)) + ")") => Members = members;

    internal IReadOnlyList<AbiMember> Members { get; }

    internal override bool IsDynamic => Members.Any(member => member.Type.IsDynamic);

    internal override int HeadSize => IsDynamic ? Word : Members.Sum(member => member.Type.HeadSize);

    internal static AbiStruct Of(Type type) => Known.GetOrAdd(type, Build);

    internal override byte[] Encode(object value) => EncodeMembers(Members, value);

    internal static byte[] EncodeMembers(IReadOnlyList<AbiMember> members, object value) =>
        EncodeSequence([.. members.Select(member => member.Type)], [.. members.Select(member => member.Property.GetValue(value))]);

    internal override object Decode(ReadOnlySpan<byte> data, Type target)
    {
        var result = Activator.CreateInstance(target);
        DecodeMembers(Members, data, result);
        return result;
    }

    internal static void DecodeMembers(IReadOnlyList<AbiMember> members, ReadOnlySpan<byte> data, object result)
    {
        var headOffset = 0;
        foreach (var (_, type, property) in members)
        {
            property.SetValue(result, type.Decode(ElementAt(data, headOffset, type), property.PropertyType));
            headOffset += type.HeadSize;
        }
    }

    private static AbiStruct Build(Type type)
    {
        var members = from property in type.GetProperties()
                      let attribute = property.GetCustomAttribute<ParameterAttribute>(true)
                      where attribute is not null
                      orderby attribute.Order
                      select new AbiMember(attribute, AbiTypeParser.Parse(attribute.Type, property.PropertyType), property);
        return new AbiStruct([.. members]);
    }
}
