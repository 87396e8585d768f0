-- Argo CD: the health of a CloudCommand, from what steward says in status. Uses no library: what Argo CD opens for scripts is a setting.
local ready, stalled, suspended, seen
if obj.status ~= nil then
  seen = obj.status.observedGeneration == obj.metadata.generation
  if obj.status.conditions ~= nil then
    for i = 1, #obj.status.conditions do
      local condition = obj.status.conditions[i]
      if condition.type == "Ready" then ready = condition end
      if condition.type == "Stalled" then stalled = condition.status == "True" end
      if condition.type == "Suspended" then suspended = condition.status == "True" end
    end
  end
end

local said = "steward has not said anything yet"
if ready ~= nil then said = ready.reason .. ": " .. ready.message end

if obj.metadata.deletionTimestamp ~= nil then
  return {status = "Progressing", message = "being deleted; " .. said}
end
if not seen then
  return {status = "Progressing", message = "steward has not looked at this generation yet"}
end
if suspended then
  return {status = "Suspended", message = "spec.suspend is true; before that " .. said}
end
if stalled then
  return {status = "Degraded", message = said}
end
if ready ~= nil and ready.status == "True" then
  return {status = "Healthy", message = said}
end
return {status = "Progressing", message = said}
