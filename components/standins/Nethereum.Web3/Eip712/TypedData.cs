using System.Numerics;
using System.Reflection;
using Nethereum.ABI.FunctionEncoding.Attributes;

namespace Nethereum.ABI.EIP712;

public interface IDomain;

/// <summary>The usual domain of EIP-712: where a signature is valid.</summary>
[Struct("EIP712Domain")]
public class Domain : IDomain
{
    [Parameter("string", "name", 1)]
    public virtual string Name { get; set; }

    [Parameter("string", "version", 2)]
    public virtual string Version { get; set; }

    [Parameter("uint256", "chainId", 3)]
    public virtual BigInteger? ChainId { get; set; }

    [Parameter("address", "verifyingContract", 4)]
    public virtual string VerifyingContract { get; set; }
}

public class MemberDescription
{
    public string Name { get; set; }

    public string Type { get; set; }
}

/// <summary>A value with its EIP-712 type; a struct's value is an array of these, in the order of its members.</summary>
public class MemberValue
{
    public string TypeName { get; set; }

    public object Value { get; set; }
}

public class TypedDataRaw
{
    public IDictionary<string, MemberDescription[]> Types { get; set; }

    public string PrimaryType { get; set; }

    public MemberValue[] Message { get; set; }

    public MemberValue[] DomainRawValues { get; set; }
}

public class TypedData<TDomain> : TypedDataRaw
{
    public TDomain Domain { get; set; }

    public void InitDomainRawValues() => DomainRawValues = MemberValueFactory.CreateFromMessage(Domain);

    public void EnsureDomainRawValuesAreInitialised()
    {
        if (DomainRawValues is null)
        {
            InitDomainRawValues();
        }
    }

    public void SetMessage<T>(T message) => Message = MemberValueFactory.CreateFromMessage(message);
}

public class MemberDescriptionFactory
{
    /// <summary>The members of each class, under its [Struct] name.</summary>
    public static Dictionary<string, MemberDescription[]> GetTypesMemberDescription(params Type[] types) =>
        types.ToDictionary(StructName, type => AbiStruct.Of(type).Members.Select(Describe).ToArray());

    internal static string TypeName(ParameterAttribute attribute) =>
        attribute.Type.StartsWith("tuple", StringComparison.Ordinal) ? attribute.StructTypeName : attribute.Type;

    private static string StructName(Type type) => type.GetCustomAttribute<StructAttribute>(true)?.Name
        ?? (typeof(IDomain).IsAssignableFrom(type) ? "EIP712Domain" : type.Name);

    private static MemberDescription Describe(AbiMember member) =>
        new() { Name = member.Attribute.Name, Type = TypeName(member.Attribute) };
}

internal static class MemberValueFactory
{
    internal static MemberValue[] CreateFromMessage(object message) =>
        [.. AbiStruct.Of(message.GetType()).Members.Select(member => new MemberValue
        {
            TypeName = MemberDescriptionFactory.TypeName(member.Attribute),
            Value = Unfold(member.Type, member.Property.GetValue(message)),
        })];

    private static object Unfold(AbiType type, object value) => type switch
    {
        AbiStruct => CreateFromMessage(value),
        AbiArray array => ((System.Collections.IEnumerable)value).Cast<object>().Select(item => Unfold(array.Element, item)).ToArray(),
        _ => value,
    };
}
