namespace Nethereum.ABI.FunctionEncoding.Attributes;

/// <summary>Names the contract function that a message calls, and what it returns.</summary>
[AttributeUsage(AttributeTargets.Class)]
public class FunctionAttribute : Attribute
{
    public FunctionAttribute(string name) => Name = name;

    public FunctionAttribute(string name, string returnType)
        : this(name) => ReturnType = returnType;

    public FunctionAttribute(string name, Type dtoReturnType)
        : this(name) => DTOReturnType = dtoReturnType;

    public string Name { get; }

    public Type DTOReturnType { get; }

    public string ReturnType { get; }
}

/// <summary>Marks a class whose properties are the return values of a function.</summary>
[AttributeUsage(AttributeTargets.Class)]
public class FunctionOutputAttribute : Attribute;

/// <summary>Names a contract event.</summary>
[AttributeUsage(AttributeTargets.Class)]
public class EventAttribute : Attribute
{
    public EventAttribute(string name) => Name = name;

    public string Name { get; set; }
}

/// <summary>Names a custom error of a contract.</summary>
[AttributeUsage(AttributeTargets.Class)]
public class ErrorAttribute : Attribute
{
    public ErrorAttribute(string name) => Name = name;

    public string Name { get; set; }
}

/// <summary>Names a struct, for EIP-712.</summary>
[AttributeUsage(AttributeTargets.Class)]
public class StructAttribute : Attribute
{
    public StructAttribute(string name) => Name = name;

    public string Name { get; set; }
}

/// <summary>Gives a property its place and type among the parameters of a function, event, error or struct.</summary>
[AttributeUsage(AttributeTargets.Property)]
public class ParameterAttribute : Attribute
{
    public ParameterAttribute(string type, string name = null, int order = 1) => (Type, Name, Order) = (type, name, order);

    public ParameterAttribute(string type, int order)
        : this(type, null, order)
    {
    }

    public ParameterAttribute(string type, string name, int order, bool indexed = false)
        : this(type, name, order) => Indexed = indexed;

    public ParameterAttribute(string type, string name, int order, string structTypeName = null)
        : this(type, name, order) => StructTypeName = structTypeName;

    public string Name { get; }

    public int Order { get; }

    public string StructTypeName { get; }

    public string Type { get; }

    internal bool Indexed { get; }
}

public interface IFunctionOutputDTO;

public class FunctionOutputDTO : IFunctionOutputDTO;

public interface IEventDTO;

public interface IErrorDTO;
