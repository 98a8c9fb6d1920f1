// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IValidatorRegistry} from "./IValidatorRegistry.sol";

/// @notice Subnets, their owners and their parameters.
abstract contract Subnets is IValidatorRegistry {
    /// @inheritdoc IValidatorRegistry
    uint40 public constant MIN_UNBONDING_DELAY = 1 days;
    /// @inheritdoc IValidatorRegistry
    uint40 public constant MAX_UNBONDING_DELAY = 90 days;
    uint256 private constant MAX_NAME_LENGTH = 64;

    /// @inheritdoc IValidatorRegistry
    uint256 public subnetCount;
    mapping(uint256 subnetId => Subnet) internal subnets;

    /// @inheritdoc IValidatorRegistry
    function createSubnet(string calldata name, address stakeToken, SubnetParameters calldata parameters)
        external
        returns (uint256 subnetId)
    {
        uint256 length = bytes(name).length;
        if (length == 0 || length > MAX_NAME_LENGTH) revert InvalidSubnetName(length);
        if (stakeToken.code.length == 0) revert InvalidStakeToken(stakeToken);
        _checkParameters(parameters);

        subnetId = ++subnetCount;
        subnets[subnetId] = Subnet({
            owner: msg.sender,
            pendingOwner: address(0),
            stakeToken: stakeToken,
            name: name,
            parameters: parameters
        });
        emit SubnetCreated(subnetId, msg.sender, stakeToken, name, parameters);
    }

    /// @inheritdoc IValidatorRegistry
    function setSubnetParameters(uint256 subnetId, SubnetParameters calldata parameters) external {
        _checkOwner(subnetId);
        _checkParameters(parameters);

        subnets[subnetId].parameters = parameters;
        emit SubnetParametersChanged(subnetId, parameters);
    }

    /// @inheritdoc IValidatorRegistry
    function transferSubnet(uint256 subnetId, address newOwner) external {
        _checkOwner(subnetId);

        subnets[subnetId].pendingOwner = newOwner;
        emit SubnetOwnerNamed(subnetId, newOwner);
    }

    /// @inheritdoc IValidatorRegistry
    function acceptSubnet(uint256 subnetId) external {
        Subnet storage subnet = _subnet(subnetId);
        if (msg.sender != subnet.pendingOwner) revert NotPendingOwner(subnetId, msg.sender);

        subnet.owner = msg.sender;
        subnet.pendingOwner = address(0);
        emit SubnetOwnerChanged(subnetId, msg.sender);
    }

    /// @inheritdoc IValidatorRegistry
    function getSubnet(uint256 subnetId) external view returns (Subnet memory) {
        return _subnet(subnetId);
    }

    function _subnet(uint256 subnetId) internal view returns (Subnet storage subnet) {
        subnet = subnets[subnetId];
        if (subnet.owner == address(0)) revert UnknownSubnet(subnetId);
    }

    function _minimumStake(Subnet storage subnet, Role role) internal view returns (uint128) {
        if (role == Role.Gateway) return subnet.parameters.minGatewayStake;
        if (role == Role.Node) return subnet.parameters.minNodeStake;
        return subnet.parameters.minValidatorStake;
    }

    function _checkOwner(uint256 subnetId) private view {
        if (msg.sender != _subnet(subnetId).owner) revert NotSubnetOwner(subnetId, msg.sender);
    }

    function _checkParameters(SubnetParameters calldata parameters) private pure {
        uint40 delay = parameters.unbondingDelay;
        bool inRange = delay >= MIN_UNBONDING_DELAY && delay <= MAX_UNBONDING_DELAY;
        if (!inRange) revert UnbondingDelayOutOfRange(delay);
    }
}
