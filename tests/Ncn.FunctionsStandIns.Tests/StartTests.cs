using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Azure.Functions.Worker.OneProcess;
using Microsoft.Extensions.Configuration;

namespace Ncn.FunctionsStandIns.Tests;

public sealed class StartTests
{
    [Theory]
    [InlineData("--Functions:Worker:HostEndpoint")]
    [InlineData("--functions-uri")]
    public void A_configured_Functions_host_is_refused_with_what_to_do(string option)
    {
        var error = Assert.Throws<InvalidOperationException>(() => FunctionsApplication.CreateBuilder([option, "http://127.0.0.1:1"]));
        Assert.Contains("OfficialPackages=true", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Http_functions_without_a_web_application_are_refused()
    {
        var error = Assert.Throws<InvalidOperationException>(RunningApp.Builder().Build);
        Assert.Contains("ConfigureFunctionsWebApplication", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ASPNETCORE_URLS", "http://127.0.0.1:9", "http://127.0.0.1:9")]
    [InlineData("FUNCTIONS_HTTPWORKER_PORT", "9001", "http://127.0.0.1:9001")]
    [InlineData("APP_PORT", "9002", "http://127.0.0.1:9002")]
    [InlineData("OTHER", "9003", "http://127.0.0.1:7071")]
    public void The_address_comes_from_the_first_setting_that_is_there(string setting, string value, string expected)
    {
        var configuration = Configuration((setting == "ASPNETCORE_URLS" ? "urls" : setting, value));
        ListeningAddress.ApplyDefault(configuration);
        Assert.Equal(expected, configuration["urls"]);
    }

    [Fact]
    public void A_port_that_is_none_is_refused() =>
        Assert.Throws<InvalidOperationException>(() => ListeningAddress.ApplyDefault(Configuration(("APP_PORT", "99999"))));

    [Theory]
    [InlineData("""{ "extensions": { "http": { "routePrefix": "" } } }""", "")]
    [InlineData("""{ "extensions": { "http": { "routePrefix": "/v2/" } } } // said twice""", "v2")]
    [InlineData("""{ "version": "2.0" }""", "api")]
    [InlineData(null, "api")]
    public void The_route_prefix_is_read_from_host_json(string? hostFile, string expected)
    {
        var directory = Directory.CreateTempSubdirectory();
        if (hostFile is not null)
        {
            File.WriteAllText(Path.Combine(directory.FullName, "host.json"), hostFile);
        }

        Assert.Equal(expected, HostFile.RoutePrefix(directory.FullName));
        directory.Delete(recursive: true);
    }

    [Theory]
    [InlineData(typeof(NoTrigger), "0 trigger parameters")]
    [InlineData(typeof(BadName), "has a name")]
    [InlineData(typeof(Repeated), "names must be unique")]
    public void What_a_host_would_refuse_is_refused(Type type, string expected)
    {
        var error = Assert.Throws<InvalidOperationException>(() => FunctionDiscovery.InTypes([type]));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_parameter_that_nothing_binds_is_named()
    {
        var function = Assert.Single(FunctionDiscovery.InTypes([typeof(Unbindable)]));
        var error = Assert.Throws<InvalidOperationException>(() => HttpParameters.Compile(function));
        Assert.Contains("'thing' of type Ncn.FunctionsStandIns.Tests.ScopedThing", error.Message, StringComparison.Ordinal);
    }

    private static ConfigurationManager Configuration(params (string Key, string Value)[] values)
    {
        var configuration = new ConfigurationManager();
        configuration.AddInMemoryCollection(values.Select(value => KeyValuePair.Create(value.Key, (string?)value.Value)));
        return configuration;
    }

    private static class NoTrigger
    {
        [Function("NoTrigger")]
        public static void Run(string text) => GC.KeepAlive(text);
    }

    private static class BadName
    {
        [Function("1 bad name")]
        public static void Run([HttpTrigger(AuthorizationLevel.Anonymous)] HttpRequest request) => GC.KeepAlive(request);
    }

    private static class Repeated
    {
        [Function("Same")]
        public static void One([HttpTrigger(AuthorizationLevel.Anonymous)] HttpRequest request) => GC.KeepAlive(request);

        [Function("same")]
        public static void Two([HttpTrigger(AuthorizationLevel.Anonymous)] HttpRequest request) => GC.KeepAlive(request);
    }

    private static class Unbindable
    {
        [Function("Unbindable")]
        public static void Run([HttpTrigger(AuthorizationLevel.Anonymous)] HttpRequest request, ScopedThing thing) => GC.KeepAlive((request, thing));
    }
}
