(function () {
  "use strict";

  var toggles = {{ json }};

  function asker(values, fallback) {
    return function (name) {
      return Object.prototype.hasOwnProperty.call(values, name) ? values[name] : fallback;
    };
  }

  // Not {name: value}: a toggle may be called __proto__.
  var FLAGS = Object.fromEntries(toggles.flags);
  var SWITCHES = Object.fromEntries(toggles.switches);
  var SAMPLES = Object.fromEntries(toggles.samples);

  window.waffle = {
    flag_is_active: asker(FLAGS, toggles.flag_default),
    switch_is_active: asker(SWITCHES, toggles.switch_default),
    sample_is_active: asker(SAMPLES, toggles.sample_default),
    FLAGS: FLAGS,
    SWITCHES: SWITCHES,
    SAMPLES: SAMPLES
  };
})();
